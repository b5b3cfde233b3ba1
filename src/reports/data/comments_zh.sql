-- SPDX-License-Identifier: PostgreSQL

INSERT INTO clientele.comment_translations (language, comment, translation) VALUES
  ('zh', 'Returns the time zone of the store, in which days begin.
Example: SELECT period AT TIME ZONE clientele_bi.time_zone() FROM clientele_bi.activity',
   '返回存储的时区，日期按它划分。
示例：SELECT period AT TIME ZONE clientele_bi.time_zone() FROM clientele_bi.activity');
