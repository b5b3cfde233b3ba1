-- SPDX-License-Identifier: PostgreSQL
-- What to do about a warning: a strategy for each level and tier.

CREATE FUNCTION starter_warning_strategies()
  RETURNS TABLE (language text, level text, tier text, strategy text, advice text, channel text, incentive text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('en', 'critical', 'high value', 'Personal rescue', 'Call within a day, ask what went wrong, and put it right before anything is offered.', 'phone', 'a benefit of their choice'),
    ('en', 'critical', 'potential', 'Second chance', 'Write personally within two days, and offer help with the next purchase.', 'message', 'a voucher for the next purchase'),
    ('en', 'critical', 'basic', 'Win back', 'Send one offer that ends within a week, and do not send it again.', 'email', 'a voucher that ends within a week'),
    ('en', 'critical', 'at risk', 'Last contact', 'Ask for the reason in one question, with one offer. Stop after that.', 'message', 'a voucher that ends within a week'),
    ('en', 'critical', '', 'Invite again', 'Remind them of what they looked at, once.', 'email', NULL),
    ('en', 'warning', 'high value', 'Personal care', 'A message from their contact: what is new for them, and a preview of it.', 'message', 'early access'),
    ('en', 'warning', 'potential', 'Next purchase', 'Recommend what goes with their last purchase.', 'message', 'free delivery'),
    ('en', 'warning', 'basic', 'Reminder', 'Automatic mail with the offers of the season.', 'email', 'points'),
    ('en', 'warning', 'at risk', 'Good reason to return', 'Show what has changed since their last visit, with a small offer.', 'email', 'free delivery'),
    ('en', 'warning', '', 'First purchase', 'Answer the questions that buyers ask, and show what others bought first.', 'email', 'free delivery'),
    ('en', 'attention', 'high value', 'Keep close', 'Look at their service history, and thank them. No discount.', 'message', NULL),
    ('en', 'attention', 'potential', 'Stay in touch', 'Recommendations that match what they looked at.', 'email', NULL),
    ('en', 'attention', 'basic', 'Watch', 'Leave them in the usual programme, and watch.', 'email', NULL),
    ('en', 'attention', 'at risk', 'Ask', 'One short question about what they miss.', 'email', NULL),
    ('en', 'attention', '', 'Welcome', 'The next mail of the welcome series.', 'email', NULL),
    ('zh', 'critical', 'high value', '专人挽留', '一天内由专属客服致电，先了解并解决问题，再谈优惠。', 'phone', '任选权益一项'),
    ('zh', 'critical', 'potential', '再次机会', '两天内一对一联系，协助完成下一次购买。', 'message', '下次购买优惠券'),
    ('zh', 'critical', 'basic', '限时召回', '发送一次一周内有效的优惠，不重复打扰。', 'email', '一周内有效的优惠券'),
    ('zh', 'critical', 'at risk', '最后一次联系', '用一个问题了解离开的原因，附一次优惠，之后不再打扰。', 'message', '一周内有效的优惠券'),
    ('zh', 'critical', '', '再次邀请', '提醒浏览过的商品，仅一次。', 'email', NULL),
    ('zh', 'warning', 'high value', '专属关怀', '由客户经理发送新品信息，并邀请抢先体验。', 'message', '新品优先体验'),
    ('zh', 'warning', 'potential', '促成复购', '推荐与上次购买相配的商品。', 'message', '包邮'),
    ('zh', 'warning', 'basic', '提醒', '自动发送当季活动。', 'email', '积分'),
    ('zh', 'warning', 'at risk', '回访理由', '展示上次访问以来的变化，附小额优惠。', 'email', '包邮'),
    ('zh', 'warning', '', '促成首购', '解答购买前的常见问题，展示热门首购商品。', 'email', '包邮'),
    ('zh', 'attention', 'high value', '保持联系', '查看服务记录并致谢，不发折扣。', 'message', NULL),
    ('zh', 'attention', 'potential', '持续互动', '推送与浏览记录相符的内容。', 'email', NULL),
    ('zh', 'attention', 'basic', '观察', '保留在日常触达中，继续观察。', 'email', NULL),
    ('zh', 'attention', 'at risk', '询问', '用一个简短问题了解需求。', 'email', NULL),
    ('zh', 'attention', '', '欢迎', '发送新客系列的下一封。', 'email', NULL)
$$;
COMMENT ON FUNCTION starter_warning_strategies() IS
  'Lists the strategies that create_store() puts into clientele_data.warning_strategies: one for each level of a warning and tier, in
English and in Chinese.
tier is empty for customers without a tier, such as those who have bought nothing, and for tiers without a strategy of their own.';

CREATE PROCEDURE create_warning_strategy_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $store$
BEGIN
  IF to_regclass('clientele_data.warning_strategies') IS NULL THEN
    CREATE TABLE clientele_data.warning_strategies (
      language text NOT NULL,
      level text NOT NULL CHECK (level IN ('critical', 'warning', 'attention')),
      tier text NOT NULL DEFAULT '',
      strategy text NOT NULL CHECK (strategy <> ''),
      advice text,
      channel text,
      incentive text,
      PRIMARY KEY (language, level, tier)
    );
    INSERT INTO clientele_data.warning_strategies SELECT s.* FROM clientele.starter_warning_strategies() s;
  END IF;
  COMMENT ON TABLE clientele_data.warning_strategies IS
    'What to do about a warning: one row for each language, level and tier. Edit it; views and actions take the row of the customer.';
  COMMENT ON COLUMN clientele_data.warning_strategies.language IS 'The language of the texts: en, zh or one that you add.';
  COMMENT ON COLUMN clientele_data.warning_strategies.level IS 'The level of the warning: critical, warning or attention.';
  COMMENT ON COLUMN clientele_data.warning_strategies.tier IS
    'The tier, as in rfm_segments; empty for customers of no tier, and of tiers without a row.';
  COMMENT ON COLUMN clientele_data.warning_strategies.strategy IS 'The name of the strategy.';
  COMMENT ON COLUMN clientele_data.warning_strategies.advice IS 'What to do, for the people who do it.';
  COMMENT ON COLUMN clientele_data.warning_strategies.channel IS 'By which channel: phone, message, email and so on.';
  COMMENT ON COLUMN clientele_data.warning_strategies.incentive IS 'What is offered; NULL for nothing.';
END $store$;
COMMENT ON PROCEDURE create_warning_strategy_tables() IS
  'Makes the table of strategies for warnings; a part of create_store().';
INSERT INTO clientele.store_members (feature, name, kind, created_by, for_bi) VALUES
  ('warning/strategies', 'clientele_data.warning_strategies', 'table', 'create_warning_strategy_tables', true);

CREATE FUNCTION warning_strategy(
    level text, tier text, language text DEFAULT 'en', OUT strategy text, OUT advice text, OUT channel text, OUT incentive text)
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM clientele.require_store('warning_strategies');
  SELECT s.strategy, s.advice, s.channel, s.incentive INTO strategy, advice, channel, incentive
  FROM clientele_data.warning_strategies s
  WHERE s.language = warning_strategy.language AND s.level = warning_strategy.level AND s.tier IN (coalesce(warning_strategy.tier, ''), '')
  ORDER BY s.tier = '' LIMIT 1;
END $$;
COMMENT ON FUNCTION warning_strategy(text, text, text) IS
  'Returns what to do for a customer of a level and a tier, in the words of clientele_data.warning_strategies.
A tier that is NULL or without a row of its own has the row of the empty tier. NULLs if there is none. Errors: 42P01 without a store, 42501
without the right to read that table.';
