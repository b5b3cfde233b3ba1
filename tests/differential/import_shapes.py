#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The importer on one truth in many shapes, and on bytes that are not a table at all.

usage: import_shapes.py [SEED [COUNT]]      (default: a fresh seed, 250 files of each kind)

A table of customers, times and amounts is written as another program might: separators, encodings, names
of columns in ten languages, dates and numbers of every style, lines above and below, ids as spreadsheets keep
them. The importer must find the very same table, or end with an error that names an option. Where a shape has
two readings (1.234, 01/02/2026) it must say so, and give the right one when an option says it. Then hostile files:
whatever they hold, it ends soon, with every row accounted for, in bounded memory.
The last line is `import_shapes: N passed, N failed, N skipped`.
"""
import datetime
import os
import random
import resource
import subprocess
import sys
from decimal import Decimal

from checks import BUILD, Checks

PROGRAM = BUILD / "demo/import"
checks = Checks("import_shapes")
check = checks.same

# The names of the columns: customer, time, item, amount; and letters that the language uses in names and items.
LANGUAGES = {
    "en": (["customer_id", "Customer ID", "userId", "client", "Customer Email"],
           ["date", "Order Date", "created_at", "timestamp", "purchase_date"],
           ["product", "SKU", "Item Name", "product_id"], ["amount", "Total", "Revenue", "Order Total", "net amount"],
           ["Green tea", "Cup", "Black tea"]),
    "de": (["Kundennummer", "Kunden-Nr.", "Kunde", "Debitor", "Käufer"],
           ["Bestelldatum", "Datum", "Belegdatum", "Buchungstag"], ["Artikel", "Artikelnummer", "Produkt"],
           ["Betrag", "Umsatz", "Gesamtbetrag", "Summe"], ["Grüner Tee", "Weißer Tee", "Kännchen"]),
    "fr": (["N° client", "Numéro client", "Client", "ID client"], ["Date de commande", "Date", "Date d'achat"],
           ["Produit", "Référence"], ["Montant", "Montant TTC", "Chiffre d'affaires"], ["Thé vert", "Théière", "Café"]),
    "es": (["Cliente", "ID cliente", "Número de cliente"], ["Fecha", "Fecha de compra", "Fecha pedido"],
           ["Producto", "Artículo"], ["Importe", "Monto", "Importe total"], ["Té verde", "Azúcar", "Jamón"]),
    "pt": (["Cliente", "Código do cliente"], ["Data", "Data da compra", "Data do pedido"], ["Produto"],
           ["Valor", "Valor total"], ["Chá verde", "Café", "Pão"]),
    "pl": (["Nr klienta", "Klient"], ["Data zamówienia", "Data zakupu"], ["Nazwa produktu"], ["Kwota", "Wartość"],
           ["Zielona herbata", "Żółta filiżanka", "Książka"]),
    "ru": (["Клиент", "Покупатель", "ID клиента"], ["Дата", "Дата заказа"], ["Товар"], ["Сумма", "Стоимость"],
           ["Зелёный чай", "Чашка", "Сахар"]),
    "zh": (["客户编号", "用户ID", "会员号", "买家昵称", "手机号", "顾客"], ["时间", "下单时间", "交易日期", "支付时间"],
           ["商品名称", "商品", "产品"], ["金额", "实付金额（元）", "订单金额", "总价"], ["绿茶", "红茶杯", "茶叶礼盒"]),
    "tw": (["客戶編號", "會員編號", "會員"], ["訂單日期", "交易時間"], ["商品名稱"], ["實付金額", "總金額"], ["綠茶", "紅茶", "茶葉禮盒"]),
    "ja": (["顧客ID", "会員番号", "お客様番号"], ["注文日", "購入日時", "日時"], ["商品名", "商品コード"], ["金額", "合計金額", "売上金額"],
           ["緑茶ティーバッグ", "湯呑み", "ほうじ茶"]),
    "ko": (["고객번호", "회원번호", "고객"], ["주문일", "주문일시", "결제일시"], ["상품명"], ["결제금액", "주문금액", "금액"],
           ["녹차 선물세트", "홍차", "찻잔"]),
}
ENCODINGS = {"en": ["ascii"], "de": ["cp1252", "latin-1"], "fr": ["cp1252", "latin-1"], "es": ["cp1252", "latin-1"],
             "pt": ["cp1252", "latin-1"], "pl": ["cp1250"], "ru": ["cp1251"], "zh": ["gbk", "gb18030"], "tw": ["big5", "gbk"],
             "ja": ["cp932"], "ko": ["euc-kr"]}
COMMA = {"de", "fr", "es", "pt", "pl", "ru"}  # those who write 1.234,50 or 1 234,50
UNICODE = [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")]
MONTHS = {"en": "January February March April May June July August September October November December",
          "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
          "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
          "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
          "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
          "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
          "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"}


def run_import(data, *options):
    done = subprocess.run([PROGRAM, *options], input=data, capture_output=True, timeout=60,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)))
    rows = [[None if v == "\\N" else v for v in line.split("\t")] for line in done.stdout.decode().split("\n")[:-1]]
    return done.returncode, rows, done.stderr.decode()


def date_style(r, language):
    """How this file writes its times: a function, what it keeps of them, and the order its numbers have."""
    day = lambda t: t.replace(hour=0, minute=0, second=0)
    minute = lambda t: t.replace(second=0)
    eastern = language in ("zh", "tw", "ja")
    styles = [
        (lambda t: f"{t:%Y-%m-%d %H:%M:%S}", lambda t: t, None), (lambda t: f"{t:%Y-%m-%d}", day, None),
        (lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M}", minute, None),
        (lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}", lambda t: t, None),
        (lambda t: f"{t + datetime.timedelta(hours=8):%Y-%m-%dT%H:%M:%S}+08:00", lambda t: t, None),
        (lambda t: f"{t + datetime.timedelta(hours=8):%a %b %d %Y %H:%M:%S} GMT+0800 (CST)", lambda t: t, None),
        (lambda t: f"{t:%d.%m.%Y %H:%M}", minute, "dmy"), (lambda t: f"{t:%d/%m/%Y}", day, "dmy"),
        (lambda t: f"{t:%m/%d/%Y %I:%M:%S}\u202f{t:%p}", lambda t: t, "mdy"),
        (lambda t: f"{t.month}/{t.day}/{t:%y} {t.hour}:{t:%M}", minute, "mdy"), (lambda t: f"{t:%y/%m/%d}", day, "ymd"),
        (lambda t: f"{t:%d.%m.%y}", day, "dmy"),
        (lambda t: f"{t:%Y%m%d}", day, None), (lambda t: f"{t:%Y%m%d%H}", lambda t: t.replace(minute=0, second=0), None),
        (lambda t: f"{t:%Y%m%d%H%M}", minute, None), (lambda t: f"{t:%Y%m%d%H%M%S}", lambda t: t, None),
        (lambda t: str(int(t.timestamp())), lambda t: t, None), (lambda t: f"{int(t.timestamp())}000", lambda t: t, None),
        (lambda t: f"{t.timestamp() / 86400 + 25569:.6f}", lambda t: t, None),
        (lambda t: f"{t.day}-{t:%b}-{t:%y}", day, None), (lambda t: f"{t:%Y-%m-%d %H:%M:%S},250", lambda t: t, None),
    ]
    if language in MONTHS:
        names = MONTHS[language].split()
        styles += [(lambda t: f"{t.day}. {names[t.month - 1]} {t.year} {t:%H:%M}", minute, None)] * 2
        if language == "en":
            styles += [(lambda t: f"{names[t.month - 1]} {t.day}, {t.year} {t:%I:%M %p}", minute, None)]
        if language in ("es", "pt"):
            styles += [(lambda t: f"{t.day} de {names[t.month - 1]} de {t.year}", day, None)]
    if eastern:
        half = ("上午", "下午") if language != "ja" else ("午前", "午後")
        styles += [(lambda t: f"{t.year}年{t.month}月{t.day}日", day, None),
                   (lambda t: f"{t.year}年{t.month}月{t.day}日 {t.hour}时{t.minute}分" if language == "zh" else
                    f"{t.year}年{t.month}月{t.day}日 {t.hour}:{t:%M}", minute, None),
                   (lambda t: f"{t.year}/{t.month}/{t.day} {half[t.hour >= 12]} {t.hour % 12 or 12}:{t:%M:%S}", lambda t: t, None)]
    if language == "ko":
        styles += [(lambda t: f"{t.year}. {t.month}. {t.day}. {'오전' if t.hour < 12 else '오후'} {t.hour % 12 or 12}:{t:%M:%S}",
                    lambda t: t, None), (lambda t: f"{t.year}년 {t.month}월 {t.day}일", day, None)]
    return r.choice(styles)


def number_style(r, language):
    """How this file writes amounts; whether one of them has a decimal comma or point for sure."""
    comma = language in COMMA and r.random() < 0.8
    group = r.choice(["", ".", " ", "\u00a0", "\u202f", "'"] if comma else ["", ",", " ", "'"])
    indian = not comma and group == "," and r.random() < 0.3
    before, after = r.choice([("", ""), ("", ""), ("$", ""), ("", " €"), ("€ ", ""), ("", " kr"), ("R$ ", ""), ("¥", ""),
                              ("", "元"), ("", " USD"), ("CHF ", "")])
    negative = r.choice(["-{}", "({})", "{}-", "\u2212{}"])

    def write(value, places):
        whole, _, fraction = f"{abs(value):.{places}f}".partition(".")
        parts, width = [], 3
        while len(whole) > width:
            parts.insert(0, whole[-width:])
            whole = whole[:-width]
            width = 2 if indian else 3
        text = group.join([whole, *parts]) if group else whole + "".join(parts)
        text = before + text + ("," if comma else ".") * (places > 0) + fraction + after
        return negative.format(text) if value < 0 else text

    return write, comma


def quote(text, separator, r):
    if any(c in text for c in (separator, '"', "\n", "\r")) or r.random() < 0.05:
        return '"' + text.replace('"', '""') + '"'
    return text


def shape(seed):
    """A file, the table that is in it, and what it leaves open."""
    r = random.Random(seed)
    language = r.choice(list(LANGUAGES))
    customers, times, items, amounts, things = LANGUAGES[language]
    write_time, keep, order = date_style(r, language)
    write_number, comma = number_style(r, language)
    n = r.randrange(8, 60)
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(days=r.randrange(500))
    form = r.choice(["c{}", "{:06d}", "u-{}", "1380000{:04d}", "{}@example.com"])
    truth = []
    for _ in range(n):
        at = start + datetime.timedelta(seconds=r.randrange(120 * 86400))
        amount = Decimal(r.choice([r.randrange(100, 99999), r.randrange(100000, 99999999)])) / 100
        truth.append([form.format(r.randrange(1, 1 + n // 2)), at, r.choice(things), -amount if r.random() < 0.1 else amount])
    name = lambda names: r.choice(names)
    header = [name(customers), name(times), name(items), name(amounts)]
    extra = [("order_no", lambda i: f"A{10000 + i}"), ("note", lambda i: r.choice(["", "-", "gift, please", 'say "hi"'])),
             ("Tax", lambda i: "0" + (",19" if comma else ".19"))]
    columns = [(header[0], lambda row, i: row[0]), (header[1], lambda row, i: write_time(row[1])),
               (header[2], lambda row, i: row[2]), (header[3], lambda row, i: write_number(row[3], 2))]
    columns += [(title, lambda row, i, f=f: f(i)) for title, f in extra if r.random() < 0.5]
    r.shuffle(columns)
    separator = r.choice([",", ";", "\t", "|"])
    lines = [[title for title, _ in columns]] + [[f(row, i) for _, f in columns] for i, row in enumerate(truth)]
    keeps = form == "{:06d}" and r.random() < 0.5
    at = [title for title, _ in columns].index(header[0])
    if keeps:
        for line in lines[1:]:
            line[at] = r.choice(['="{}"', "'{}", "`{}", " {} ", "\u3000{}", "{}\u00a0"][:2 if language in ("en", "pl", "ru") else 6]).format(line[at])
    text = [separator.join(quote(field, separator, r) for field in line) for line in lines]
    if r.random() < 0.2:
        text = [line + separator for line in text]
    above = []
    if r.random() < 0.3:
        above = r.choice([["Report of the shop"], ["# exported", "# ----", ""], ["Report", "from: 2024-01-01", "", "-----"],
                          [f"sep={separator}"]])
    below = r.choice([[], [], ["----", f"{n} rows"]])
    end = r.choice(["\n", "\r\n", "\n", "\r\n", "\r"])
    whole = end.join(above + text + below) + r.choice([end, "", end + end])
    encoding, mark = r.choice(UNICODE)
    if r.random() < 0.5:
        encoding, mark = r.choice(ENCODINGS[language]), b""
    try:
        data = mark + whole.encode(encoding)
    except UnicodeEncodeError:
        encoding, mark = "utf-8", b""
        data = whole.encode()
    wanted = [[row[0], keep(row[1]), row[2], row[3]] for row in truth]
    return data, wanted, dict(order=order, comma=comma, encoding=encoding, style=write_time(truth[0][1]), lines=text[:2],
                              places=write_number(truth[0][3], 2))


def read(rows):
    return [[row[2], row[3], row[6], None if row[7] is None else Decimal(row[7])] for row in rows if row[8] is None]


def iso(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def shapes(seed, count):
    for number in range(count):
        data, wanted, facts = shape(f"{seed}/{number}")
        name = f"shape {number} of seed {seed}"
        status, rows, said = run_import(data)
        fraction = ".25Z" if facts["style"].endswith(",250") else "Z"
        table = [[c, iso(t)[:-1] + fraction, i, a.normalize()] for c, t, i, a in wanted]
        got = [[c, t, i, a if a is None else a.normalize()] for c, t, i, a in read(rows)]
        if status == 2:
            check(f"{name}: the error names an option", True, "--" in said, said, facts)
            continue
        if got != table and facts["order"] and "--date-order" in said:
            status, rows, said = run_import(data, "--date-order", facts["order"])
            got = [[c, t, i, a if a is None else a.normalize()] for c, t, i, a in read(rows)]
        different = [(w, g) for w, g in zip(table, got) if w != g][:2]
        check(name, (len(table), []), (len(got), different), facts, said)


# Numbers one by one: text, decimal comma asked for, what it is.
GOOD = [b"c1", "王伟".encode(), b'"a,b"', b'"two\nlines"', b'"q""q"', b"=\"7\"", b"'7", b"\xc2\xa0x"]
BAD = [b"\x00", b"\xff\xfe", b'"open', b'"x"y', b"a,b,c", b"x" * 3000, b"", b"\\N", b"\\", b"\xed\xa0\x80", b"\t", b"\xef\xbb\xbf",
       b"\xf0\x9f", b"\x81\x30\x81", b"=\"", b"'", b"`", b"(", b"-", b"\xe3\x80", b"sep=", b"#", b"\r", b"\x1a"]
CELLS = [b"2026-01-02", b"2026-01-02 03:04:05", b"1767323045", b"2026-02-30", b"soon", b"infinity", b"99999-01-01", b"46082.3",
         b"1.5", b"-2", b"1e300", b"NaN", b"12x", b'"1,234.50"', b"0.0000001", b"999999999999", b"9" * 400, b"1/2/3", b"Mar",
         b"\xe4\xb8\x8a\xe5\x8d\x88", b"24:00:00", b"2026-03-05T", b"Thu Mar 05 2026 09:05:07 GMT+", b"5. ", b"\xe2\x82\xac", b"1'2", b"()"]


def hostile_file(r):
    kind = r.randrange(7)
    if kind == 0:
        return bytes(r.randrange(256) for _ in range(r.randrange(2000)))
    if kind == 1:  # few different bytes, so that quotes and separators meet
        return bytes(r.choice(b'a1,;"\n\r\t|= \x00\xe9\xb5') for _ in range(r.randrange(3000)))
    head = r.choice([b"customer,time,amount", b"customer;time;amount", b"time,customer", "客户,时间,金额".encode("gbk"), b"a,b,c", b""])
    separator = b";" if b";" in head else b","
    lines = [head] + [separator.join([b"c1", b"2026-01-02 03:04:05", b"1.5"])] * r.choice([0, 3, 40])
    for _ in range(r.randrange(80)):
        lines.append(separator.join(r.choice(GOOD + BAD + CELLS) for _ in range(r.choice([3, 3, 3, 2, 4, 1]))))
    data = r.choice([b"", b"\xef\xbb\xbf"]) + r.choice([b"\n", b"\r\n", b"\r"]).join(lines) + r.choice([b"", b"\n", b'"', b"\x00"])
    if kind == 2:  # an encoding cut or changed
        data = data.decode("utf-8", "replace").encode(r.choice(["utf-16-le", "utf-16", "gb18030", "utf-32"]))[:r.randrange(1, 4000)]
    if kind == 3 and data:
        data = bytearray(data)
        for _ in range(r.randrange(1, 20)):
            data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data)


def hostile(seed, count):
    for number in range(count):
        r = random.Random(f"hostile {seed}/{number}")
        data = hostile_file(r)
        options = r.choice([[], [], ["--customer", "1", "--time", "2"], ["--no-header", "--customer", "1", "--time", "2"]])
        try:
            status, rows, said = run_import(data, *options)
        except (subprocess.TimeoutExpired, UnicodeDecodeError) as error:
            check(f"hostile file {number} of seed {seed}", "an end", error)
            continue
        good = status in (0, 1, 2) and all(len(row) == 10 for row in rows) and "\0" not in said
        good = good and [row[0] for row in rows] == [str(i + 1) for i in range(len(rows))] and (status == 0 or said != "")
        check(f"hostile file {number} of seed {seed}", True, good, status, said[-300:])


def large():
    """What has no end: a line, a quoted field, a row of many fields. Memory is limited to 2 GB."""
    head = b"customer,time,note\nc1,2026-03-05,ok\n"
    tail = b"c3,2026-03-05,ok\nc4,2026-03-05,ok\n"
    line = b"c9,2026-03-01,text of a mail\n"
    field = line * 60000
    size = 1 << (30 if os.environ.get("CLIENTELE_LONG") else 27)
    files = {"a quoted field of two megabytes": (head + b'c2,2026-03-05,"' + field + b'"\n' + tail, 4, {"row_too_long": 1}),
             "a quote that is lost": (head + b'c2,2026-03-05,"' + line * 10 + tail, 13, {"unterminated_quote": 1}),
             "a line without an end": (head + b"x" * size, 2, {"row_too_long": 1}),
             "a long line": (head + b"c2,2026-03-05," + b"x" * size + b"\n" + tail, 4, {"row_too_long": 1}),
             "a row of many fields": (head + b"," * (1 << 19) + b"x\n" + tail, 4, {"wrong_field_count": 1})}
    for name, (data, count, rejects) in files.items():
        status, rows, said = run_import(data)
        found = {}
        for row in rows:
            if row[8]:
                found[row[8]] = found.get(row[8], 0) + 1
        check(name, (0, count, rejects), (status, len(rows), found), said)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(2**32)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    if checks.built("demo/import"):
        print(f"seed {seed}")
        shapes(seed, count)
        hostile(seed, count)
        large()
    checks.end()


if __name__ == "__main__":
    main()
