# SPDX-License-Identifier: PostgreSQL
"""What is due when, by reading the clocks of a zone minute by minute; and random cases. Shares no code with the extension.

Times are seconds since 1970. Clocks are those of Python's zoneinfo.
"""
import calendar
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
RANGES = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, MONTHS), (0, 7, DAYS)]
ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana",
         "Africa/Cairo", "Pacific/Chatham", "Europe/London", "America/Santiago", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran",
         "America/St_Johns", "Antarctica/Troll", "America/Scoresbysund", "Asia/Gaza", "Europe/Dublin", "America/Sao_Paulo"]


def allowed_sets(expression):
    """The values that each of five fields allows; 'L' among those of the days. For expressions that are valid."""
    words = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
             "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
    expression = words.get(expression.strip().lower(), expression).lower()
    sets = []
    for text, (low, high, names) in zip(expression.split(), RANGES):
        top, allowed = (6 if names is DAYS else high), set()

        def value(word, low=low, names=names):
            return names.index(word) + low if word in names else int(word)
        for element in text.split(","):
            if element == "l":
                allowed.add("L")
                continue
            span, _, step = element.partition("/")
            begin, dash, end = span.partition("-")
            if begin == "*":
                begin, end = low, top
            else:
                begin = value(begin)
                if dash:
                    end = 7 if names is DAYS and end == "sun" else value(end)
                else:
                    end = max(top, begin) if step else begin
            allowed |= set(range(begin, end + 1, int(step or 1)))
        if names is DAYS:
            allowed = {day % 7 for day in allowed}
        sets.append(allowed)
    return sets


def names_minute(sets, wall):
    """Whether an expression allows this local time."""
    minutes, hours, days, months, week = sets
    if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
        return False
    last = calendar.monthrange(wall.year, wall.month)[1]
    by_day = wall.day in days or ("L" in days and wall.day == last)
    by_week = (wall.weekday() + 1) % 7 in week
    if days >= set(range(1, 32)) or week == set(range(7)):
        return by_week if days >= set(range(1, 32)) else by_day
    return by_day or by_week


def shown(zone, at):
    return datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None)


def walk(expression, zone_name, after, until, step):
    sets, zone = allowed_sets(expression), ZoneInfo(zone_name)
    every_hour = len(sets[1]) == 24
    width, runs = timedelta(seconds=step), []
    at = after // step * step - 3 * 86400
    reached = shown(zone, at)                # clocks have shown this, or jumped over it
    while at < until:
        at += step
        wall = shown(zone, at)
        due = every_hour and names_minute(sets, wall)
        while reached < wall:
            reached += width
            due = due or (not every_hour and names_minute(sets, reached))
        if due and after < at <= until:
            runs.append(at)
    return runs


def runs_by_minute(expression, zone, after, until):
    return walk(expression, zone, after, until, 60)


def runs_by_quarter(expression, zone, after, until):
    """The same for schedules, and clocks that are set, at quarters of an hour."""
    return walk(expression, zone, after, until, 900)


def month_later(start, months):
    """The same day of a later month, or its last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    month += 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


def first_reached(zone, wall):
    """The first second at which the clocks show this local time or a later one, by trying."""
    at = (wall - EPOCH) // timedelta(seconds=1) // 900 * 900 - 30 * 3600
    while shown(zone, at + 899) < wall:      # clocks are set at quarters of an hour of UTC
        at += 900
    while shown(zone, at) < wall:
        at += 1
    return at


def every_runs(every, zone_name, starting, after, n):
    """The first n times of starting + k × every after an instant."""
    months, days, seconds = every
    if not months and not days:
        k = max(0, (after - starting) // seconds + 1)
        return [starting + (k + i) * seconds for i in range(n)]
    zone = ZoneInfo(zone_name)
    start, runs, k = shown(zone, starting), [], 0
    while len(runs) < n:
        wall = month_later(start, k * months) + k * timedelta(days=days, seconds=seconds)
        k += 1
        if (wall - EPOCH).total_seconds() < after - 2 * 86400:
            continue
        at = max(first_reached(zone, wall), starting)
        if at > after and at not in runs:
            runs.append(at)
    return runs


def change_of_clocks(rng, zone):
    """An instant beside a change of the clocks of a zone, or any."""
    at = rng.randint(int(datetime(2004, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()))
    at -= at % 900
    for _ in range(400):                     # a year, a day at a time
        if shown(zone, at + 86400) - shown(zone, at) != timedelta(days=1):
            break
        at += 86400
    return at


def random_field(rng, place):
    low, high, names = RANGES[place]

    def one():
        if names and rng.random() < .3:
            return rng.choice([str.lower, str.upper, str.title])(rng.choice(names))
        return str(rng.randint(low, high))
    kind = rng.randrange(7)
    if kind < 2:
        return "*"
    if kind == 2:
        return f"*/{rng.randint(1, (high - low) // 2 + 1)}"
    if kind == 3:
        return one()
    if kind == 4:
        a, b = sorted(rng.sample(range(low, high + 1), 2))
        return f"{a}-{b}" + rng.choice(["", f"/{rng.randint(1, 5)}"])
    if kind == 5:
        return f"{rng.randint(low, high)}/{rng.randint(1, 5)}"
    return ",".join(one() for _ in range(rng.randint(2, 4)))


REFUSED = ["60 * * * *", "* 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8", "* * * *", "* * * * * *", "", "*/0 * * * *", "0 22-2 * * *",
           "0 0 * * fri-mon", "0 0 30 2 *", "0 0 31 4 *", "1,,2 * * * *", "@reboot", "? * * * *", "0 0 L-1 * *", "0 0 * * 5#2", "0 0 15W * *",
           "0 0 * * monday", "*/61 * * * *", "5 seconds", "0 0 * * L"]


def random_case(rng, accepted=False):
    """(expression, zone, after)"""
    zone = rng.choice(ZONES)
    after = change_of_clocks(rng, ZoneInfo(zone)) + rng.randint(-3 * 86400, 3 * 86400)
    fields = [random_field(rng, place) if rng.random() < .6 else "*" for place in range(5)]
    if rng.random() < .5:
        fields[0] = str(rng.choice([0, 0, 15, 30, 59]))
    if rng.random() < .5:
        fields[1] = str(rng.choice([0, 1, 2, 2, 3, 23]))
    if rng.random() < .4:
        fields[2] = rng.choice(["29", "30", "31", "L", "15,l", "28-31", "1-31"])
        fields[3] = rng.choice(["*", "*", "2", "FEB", "*/2", "2,4"])
    expression = rng.choice([" ", "  ", "\t"]).join(fields)
    if not accepted and rng.random() < .08:
        return rng.choice(REFUSED), zone, after
    sets = allowed_sets(expression)
    if "L" not in sets[2] and sets[4] == set(range(7)) and not any(
            calendar.monthrange(2024, month)[1] >= min(sets[2]) for month in sets[3]):
        return random_case(rng, accepted)    # it never comes
    return expression, zone, after


def random_every(rng):
    """((months, days, seconds), zone, starting, after)"""
    zone = rng.choice(ZONES)
    after = change_of_clocks(rng, ZoneInfo(zone)) + rng.randint(-3 * 86400, 3 * 86400)
    months = rng.choice([0, 0, 1, 1, 3, 12, 13])
    days = rng.choice([0, 0, 1, 1, 7, 30, 31]) if months else rng.choice([0, 1, 1, 2, 7])
    seconds = rng.choice([0, 0, 900, 3600, 7199]) if months or days else rng.choice([1, 60, 90, 3600, 86400, 604800])
    starting = after - rng.randint(-86400, 4 * 365 * 86400)
    if rng.random() < .5:                    # at the end of a month, or within an hour that the clocks skip or repeat
        start = shown(ZoneInfo(zone), starting)
        last = calendar.monthrange(start.year, start.month)[1]
        wall = start.replace(day=rng.choice([last, 29 if last > 28 else 28, start.day]), hour=rng.choice([0, 1, 2, 3, 23]),
                             minute=rng.choice([0, 30, 59]), second=0)
        starting = int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp())
    return (months, days, seconds), zone, starting, after
