-- SPDX-License-Identifier: PostgreSQL
-- When jobs are due: cron schedules, intervals, and the clocks of time zones.
SET search_path = clientele, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- The times after since, in the time zone that is named.
SELECT next_runs('30 4 * * mon-fri', 'Asia/Shanghai', '2026-01-01 00:00+00', 3);
SELECT next_runs('0 0 L * *', 'UTC', '2024-02-01', 3);
SELECT next_runs('@monthly', 'utc', '2026-01-01', 2);
SELECT next_runs('0 0 13 * fri', 'UTC', '2026-02-07', 3);      -- either of two restricted days
SELECT next_runs('0 0 */1 * fri', 'UTC', '2026-02-07', 2);     -- not a restriction
SELECT array_agg(r AT TIME ZONE 'Asia/Shanghai') FROM next_runs('0 9 1 1,7 *', 'Asia/Shanghai', '2026-01-01', 3) r;
SELECT count(*) = 10 AS ten, min(r) > now() AS later, max(r) <= now() + interval '10 minutes' AS soon FROM next_runs('* * * * *') r;

-- The clocks: a gap is due once, when it is over; of a repeated hour the first pass counts.
SELECT next_runs('30 2 * * *', 'Europe/Berlin', '2026-03-28', 3);
SELECT next_runs('*/10 2,3 * * *', 'Europe/Berlin', '2026-03-29', 2);
SELECT next_runs('30 2 * * *', 'Europe/Berlin', '2026-10-24', 3);
SELECT next_runs('30 * * * *', 'Europe/Berlin', '2026-10-25 00:00', 3);       -- every hour: both passes
SELECT next_runs('*/30 * * * *', 'Europe/Berlin', '2026-03-29 00:00', 3);     -- and no gap
SELECT next_runs('0 8 * * *', 'Pacific/Apia', '2011-12-29', 3);              -- a day that was skipped
SELECT next_runs('15 1 * * *', 'Australia/Lord_Howe', '2026-04-04', 2);      -- half an hour

-- Intervals: elapsed time, or the wall clock.
SELECT next_every('36 hours', '2026-03-27 11:00', 'Europe/Berlin', '2026-03-27', 3);
SELECT next_every('1 day', '2026-03-27 11:00', 'Europe/Berlin', '2026-03-27 11:00', 3);
SELECT next_every('1 month', '2024-01-31', 'UTC', '2024-01-31', 3);
SELECT next_every('1 year', '2024-02-29', 'UTC', '2024-02-29', 4);
SELECT next_every('1 month 2 days 03:00', '2026-01-31', 'UTC', '2026-01-31', 2);
SELECT next_every('90 seconds', '2026-01-01', NULL, '2026-01-01 00:01:30', 2);
SELECT min(r) = now() + interval '1 hour' AS from_now FROM next_every('1 hour') r;
SELECT next_every('100000 years', '2026-01-01', 'UTC', '2026-01-01');
SELECT count(*) FROM next_every('200000 years', '200000-01-01', 'UTC', '200000-01-01');
SELECT next_every('1 second', '294276-12-31 23:59:58', 'UTC', '294276-12-31');
SELECT count(*), max(r) FROM next_runs('* * * * *', 'UTC', '294276-12-31 23:30') r;
SELECT count(*), min(r) FROM next_runs('0 0 1 1 *', 'UTC', '4714-11-24 00:00+00 BC', 10000) r;

-- Errors name the field, and say what it takes.
SELECT next_runs('60 * * * *');
SELECT next_runs('0 22-2 * * *');
SELECT next_runs('0 0 * * fri-mon');
SELECT next_runs('0 0 L-1 * *');
SELECT next_runs('0 0 15W * *');
SELECT next_runs('0 0 * * 5#2');
SELECT next_runs('0 0 ? * *');
SELECT next_runs('0 0 0 * * *');
SELECT next_runs('5 minutes');
SELECT next_runs('@reboot');
SELECT next_runs('*/0 * * * *');
SELECT next_runs('0 0 30 2 *');
SELECT next_runs('0 0 31 feb,jun *');
SELECT next_runs('');
SELECT next_runs(NULL);
SELECT next_runs('0 0 * * 周一');
SELECT next_runs($$0 0 * * '; DROP TABLE x$$);
SELECT next_runs(E'0 0 * * *\n');
SELECT next_runs(repeat('*/5,', 2497) || '* * * * *', 'UTC', '2026-01-01', 1);
SELECT next_runs(repeat('*/5,', 2500) || '* * * * *');
SELECT next_runs('0 0 * * ' || repeat('客户', 1000));
SELECT next_every('999 milliseconds');
SELECT next_every('0');
SELECT next_every('1 day -1 hour');
SELECT next_every('-1 month');
SELECT next_every(NULL);
SELECT next_every('1 day', 'infinity');
SELECT next_every('1 day', since => '-infinity');
SELECT next_runs('* * * * *', since => 'infinity');
SELECT next_runs('* * * * *', n => 0);
SELECT next_runs('* * * * *', n => 10001);
SELECT next_runs('* * * * *', n => NULL);

-- check_schedule only raises the error.
SELECT check_schedule('30 4 * * mon', 'Asia/Shanghai');
SELECT check_schedule('30 4 * * mo');
SELECT check_schedule('30 4 * * mon', 'Mars/Olympus');

-- Time zones have the names of pg_timezone_names, in any case.
SELECT job_time_zone('asia/shanghai'), job_time_zone('etc/gmt-8'), job_time_zone('utc');
SELECT count(*) > 300 AS many, bool_and(job_time_zone(name) = name) AS all_of_them FROM pg_timezone_names;
SELECT job_time_zone('XYZ+3');
SELECT job_time_zone('<x>-03:30');
SELECT job_time_zone('CST-8');
SELECT job_time_zone('+08:00');
SELECT job_time_zone('');
SELECT job_time_zone('../../etc/passwd');
SELECT job_time_zone(E'Asia/Shanghai\n"''');
SELECT job_time_zone(repeat('中', 100)) IS NULL;
SET TimeZone = 'asia/tokyo';
SELECT job_time_zone(), next_runs('0 9 * * *', NULL, '2026-01-01 00:00+00', 1) AT TIME ZONE 'UTC' AS utc;
SET TimeZone = '-3';
SELECT job_time_zone();
RESET TimeZone;
