-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Returns the time zone of the store, in which days begin.
Example: SELECT period AT TIME ZONE clientele_bi.time_zone() FROM clientele_bi.activity',
   '返回数据仓的时区，每天从该时区的零点开始。
示例：SELECT period AT TIME ZONE clientele_bi.time_zone() FROM clientele_bi.activity');
