# SPDX-License-Identifier: PostgreSQL
"""What the dashboard of Superset shows: tabs, rows of charts, and what each chart asks. bundle.py makes files of it.

A title is a pair: English and Chinese. A metric is such a pair and an expression.
"""
import dataclasses


@dataclasses.dataclass
class Chart:
    view: str
    kind: str
    title: tuple
    width: int  # of 12
    height: int = 50
    metrics: tuple = ()
    by: tuple = ()  # columns that make series, slices or rows
    x: str = None
    where: str = None
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Tab:
    key: str
    title: tuple
    rows: list
    questions: str = None  # the view whose questions are a filter of the tab


EVENTS = ("events", "事件数", "SUM(events)")
AMOUNT = ("amount", "金额", "SUM(amount)")
CUSTOMERS = ("customers", "客户数", "SUM(customers)")
ROWS = ("customers", "客户数", "COUNT(*)")
ALL = "latest AND segment_kind = 'all'"
VALUES = "latest AND segment_kind <> 'all'"
DAY = {"time_grain_sqla": "P1D", "time": True}
MONTH = {"time_grain_sqla": "P1M", "time": True}
PERCENT = {"y_axis_format": ".1%"}
STACKED = {"stack": "Stack"}
HORIZONTAL = {"orientation": "horizontal"}

TABS = [
    Tab("overview", ("Overview", "概览"), [
        [Chart("tag_family_coverage", "number", ("Customers", "客户数"), 3, 26, where="family = 'all'",
               metrics=(("customers", "客户数", "MAX(customers / NULLIF(share, 0))"),)),
         Chart("active_customers", "trend", ("Active in 28 days", "28 天内活跃客户"), 3, 26, x="day", metrics=(("customers", "客户数", "MAX(rolling)"),),
               options=DAY),
         Chart("rfm", "number", ("Customers who bought", "购买客户"), 3, 26, metrics=(ROWS,)),
         Chart("rfm", "number", ("Spent so far", "累计消费"), 3, 26, metrics=(("amount", "金额", "SUM(monetary)"),))],
        [Chart("daily_activity", "area", ("Events by day and channel", "按渠道的每日事件"), 8, metrics=(EVENTS,), by=("channel",), x="day",
               options=DAY | STACKED),
         Chart("heat_map", "heat map", ("When customers are active", "客户活跃时段"), 4, metrics=(EVENTS,), by=("day_of_week",), x="hour_of_day")],
        [Chart("active_customers", "line", ("Active customers: day and 28 days", "活跃客户：当日与 28 天"), 6, x="day", options=DAY,
               metrics=(("on the day", "当日", "SUM(active)"), ("in 28 days", "28 天内", "SUM(rolling)"))),
         Chart("monthly_activity", "bar", ("Amount by month and channel", "按渠道的每月金额"), 6, metrics=(AMOUNT,), by=("channel",), x="month",
               options=MONTH | STACKED)],
    ]),
    Tab("funnels", ("Funnels", "漏斗"), [
        [Chart("funnels", "funnel", ("How far customers come", "客户走到哪一步"), 5, 56, metrics=(CUSTOMERS,), by=("step_name",), where=ALL),
         Chart("funnels", "bar", ("Conversion of each segment", "各分组的转化率"), 7, 56, x="segment", by=("step_name",),
               where=VALUES + " AND step > 1", metrics=(("conversion", "转化率", "MAX(conversion)"),), options=PERCENT)],
        [Chart("funnels", "table", ("Steps, times and significance", "步骤、用时与显著性"), 8, where="latest",
               by=("segment", "step", "name", "customers", "conversion", "conversion_low", "conversion_high", "median_seconds", "q_value")),
         Chart("funnels", "line", ("Conversion over time", "转化率的变化"), 4, x="as_of", by=("step_name",),
               where="segment_kind = 'all' AND step > 1", metrics=(("conversion", "转化率", "MAX(conversion)"),), options=DAY | PERCENT)],
    ], "funnels"),
    Tab("paths", ("Paths", "路径"), [
        [Chart("path_links", "sankey", ("Ways that customers take", "客户路径"), 12, 64, by=("source_step", "target_step"), where=ALL,
               metrics=(("paths", "路径数", "SUM(paths)"),), options={"row_limit": 60})],
        [Chart("path_links", "table", ("Links of each segment", "各分组的路径连接"), 12, where="latest",
               by=("segment", "step", "source", "target", "customers", "paths", "share", "median_seconds", "q_value"))],
    ], "path_links"),
    Tab("retention", ("Retention", "留存"), [
        [Chart("retention", "heat map", ("Who comes back, by cohort", "各同期群的留存率"), 7, 64, x="period", by=("cohort_day",),
               where=ALL + " AND cohort IS NOT NULL AND complete", metrics=(("rate", "留存率", "MAX(rate)"),), options={"y_axis_format": ".0%"}),
         Chart("retention", "line", ("Retention of each segment", "各分组的留存曲线"), 5, 64, x="period", by=("segment",),
               where="latest AND cohort IS NULL AND complete", metrics=(("rate", "留存率", "MAX(rate)"),), options=PERCENT)],
    ], "retention"),
    Tab("activity", ("Activity", "活跃"), [
        [Chart("activity", "bar", ("New, returning and resurrected customers", "新增、持续与回流客户"), 7, x="period", where=ALL,
               metrics=(("new", "新增", "SUM(new)"), ("returning", "持续", 'SUM("returning")'), ("resurrected", "回流", "SUM(resurrected)")),
               options={"time_grain_sqla": None, "time": True} | STACKED),
         Chart("activity", "line", ("Active customers of each segment", "各分组的活跃客户"), 5, x="period", by=("segment",), where=VALUES,
               metrics=(("active", "活跃客户", "SUM(active)"),), options={"time_grain_sqla": None, "time": True})],
    ], "activity"),
    Tab("counts", ("Counts", "计数"), [
        [Chart("counts", "line", ("Events", "事件数"), 6, x="period", by=("label",), where=ALL + " AND period IS NOT NULL", metrics=(EVENTS,),
               options={"time_grain_sqla": None, "time": True}),
         Chart("counts", "table", ("Events of each segment", "各分组的事件"), 6, where="latest",
               by=("segment", "period", "weekday", "hour", "label", "events", "customers", "amount"))],
    ], "counts"),
    Tab("attribution", ("Attribution", "归因"), [
        [Chart("attribution", "bar", ("Conversions that each channel has earned", "各渠道的转化贡献"), 7, x="channel", by=("model",), where=ALL,
               metrics=(("conversions", "转化数", "SUM(conversions)"),)),
         Chart("attribution", "table", ("Channels of each segment", "各分组的渠道"), 5, where="latest",
               by=("segment", "model", "channel", "conversions", "value", "share", "removal_effect"))],
    ], "attribution"),
    Tab("value", ("Value", "价值"), [
        [Chart("rfm", "heat map", ("Recency and frequency", "最近购买与购买频率"), 4, metrics=(ROWS,), x="f", by=("r",),
               options={"show_values": True, "sort_y_axis": "alpha_asc"}),
         Chart("rfm", "bar", ("Segments", "客户分群"), 4, metrics=(ROWS,), x="segment", options=HORIZONTAL),
         Chart("rfm", "pie", ("Tiers", "客户等级"), 4, metrics=(ROWS,), by=("tier",))],
        [Chart("rfm", "bar", ("Spent, by segment", "各分群的消费"), 6, metrics=(("amount", "金额", "SUM(monetary)"),), x="segment", options=HORIZONTAL),
         Chart("models", "table", ("Fitted models", "已拟合的模型"), 6, by=("name", "version", "type", "current", "customers", "fitted_at"))],
    ]),
    Tab("alerts", ("Warnings and alerts", "流失预警与指标预警"), [
        [Chart("warning_levels", "bar", ("Customers at risk, by level and tier", "各级别的风险客户"), 6, metrics=(CUSTOMERS,), by=("tier",), x="level",
               options=STACKED),
         Chart("warning_history", "line", ("Value at risk over time", "风险价值的变化"), 6, x="day", by=("warning",),
               metrics=(("value", "价值", "MAX(value_at_risk)"),), options=DAY)],
        [Chart("warning_quality", "table", ("How good the warnings are", "流失预警的准确度"), 12, where="latest",
               by=("warning", "level", "threshold", "customers", "churned", "base_rate", "accuracy", "majority_accuracy", "precision", "recall",
                   "claim_met"))],
        [Chart("alerts", "table", ("Alerts", "指标预警"), 7,
               by=("metric", "level", "state", "since", "number", "expected", "moved_segment", "message")),
         Chart("metric_values", "line", ("Metrics: deviation from what was expected", "指标：与预期的偏差"), 5, x="at", by=("metric",),
               metrics=(("deviation", "偏差", "MAX(z)"),), options={"time_grain_sqla": None, "time": True})],
    ]),
    Tab("campaigns", ("Campaigns", "营销活动"), [
        [Chart("campaign_effects", "table", ("What campaigns have changed", "营销活动的效果"), 12,
               by=("campaign", "measure", "is_final", "treated", "control", "treated_mean", "control_mean", "difference", "low", "high", "significant",
                   "trusted", "extra", "roi"))],
        [Chart("campaign_messages", "bar", ("Messages by day and status", "按状态的每日消息"), 6, x="day", by=("status",),
               metrics=(("messages", "消息数", "SUM(messages)"),), options=DAY | STACKED),
         Chart("campaign_effect_history", "line", ("Effect over time", "效果的变化"), 6, x="day", by=("campaign", "measure"),
               metrics=(("difference", "差异", "MAX(difference)"),), options=DAY)],
    ]),
    Tab("satisfaction", ("Satisfaction", "满意度"), [
        [Chart("satisfaction", "line", ("Result of each survey", "各调查的结果"), 6, x="month", by=("survey",),
               metrics=(("score", "得分", "MAX(score)"),), options=MONTH),
         Chart("feedback_classes", "bar", ("What customers write about", "客户反馈的主题"), 6, x="class", by=("polarity",),
               metrics=(("texts", "反馈数", "SUM(texts)"),), options=STACKED)],
        [Chart("pain_points", "table", ("Pain points", "痛点"), 6, by=("class", "step", "texts", "customers", "expected", "q_value", "value_at_risk")),
         Chart("complaints", "bar", ("Complaints and how they were answered", "投诉与答复"), 6, x="month",
               metrics=(("in time", "按时", "SUM(in_time)"), ("late", "超时", "SUM(late)"), ("overdue", "逾期未复", "SUM(overdue)")),
               options=MONTH | STACKED)],
    ]),
    Tab("points", ("Points", "积分"), [
        [Chart("points_tiers", "pie", ("Customers by tier of points", "各积分等级的客户"), 4, metrics=(CUSTOMERS,), by=("tier",)),
         Chart("points_flow", "bar", ("Points by month", "每月积分"), 8, x="month", options=MONTH,
               metrics=(("earned", "获得", "SUM(earned)"), ("spent", "使用", "SUM(spent)"), ("expired", "过期", "SUM(expired)")))],
        [Chart("points_liability", "bar", ("Points by the month in which they expire", "各到期月份的积分"), 12, x="expires_month", by=("tier",),
               metrics=(("points", "积分", "SUM(points)"),), options=MONTH | STACKED)],
    ]),
    Tab("tags", ("Tags", "标签"), [
        [Chart("tag_family_coverage", "bar", ("Customers with a tag, by family", "各类标签的覆盖率"), 4, x="family",
               metrics=(("share", "占比", "MAX(share)"),), options=PERCENT | HORIZONTAL),
         Chart("tag_coverage", "table", ("Tags and how fresh they are", "标签及其更新时间"), 8,
               by=("tag", "family", "customers", "share", "refreshed_at", "error"))],
        [Chart("tag_values", "table", ("Values of tags", "标签的取值"), 6, by=("tag", "value", "customers", "share")),
         Chart("tag_history", "bar", ("Customers that gained and lost tags", "新增与失去标签的客户"), 6, x="at", where="value IS NULL",
               metrics=(("gained", "新增", "SUM(gained)"), ("lost", "失去", "SUM(lost)")), options=DAY)],
    ]),
    Tab("answers", ("Other answers", "其他答案"), [
        [Chart("questions", "table", ("Saved questions", "已保存的问题"), 12,
               by=("question", "kind", "description", "by", "refreshed_at", "outcome", "error"))],
        [Chart("answers", "table", ("Answers of SQL", "SQL 问题的答案"), 12, where="latest",
               by=("question", "segment", "row", "at", "label", "measure", "number"))],
    ]),
    Tab("quality", ("Data", "数据"), [
        [Chart("source_quality", "table", ("Sources: which need care", "数据源：哪些需要处理"), 12,
               by=("source", "state", "reason", "last_event_at", "rejects_waiting"))],
        [Chart("source_days", "bar", ("Rows read each day", "每日读取的行"), 6, x="day", by=("source",), metrics=(("rows", "行数", "SUM(rows_read)"),),
               options=DAY | STACKED),
         Chart("job_status", "table", ("Jobs", "作业"), 6, by=("job", "state", "next_due_at", "last_ended_at", "last_message"))],
    ]),
]
