// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "text.hpp"

/// The names of columns, in the languages in which files are exported.
namespace demo {

enum class Role { customer, time, clock, event, channel, item, amount, quantity, price };
inline constexpr size_t role_count = 9;
inline constexpr std::array<std::string_view, role_count> role_names{
    "customer", "time", "clock", "event", "channel", "item", "amount", "quantity", "price"};

struct RoleNames {
  std::string_view exact;  // best first, as normal_name() writes them, | between
  std::string_view weak;   // as well, but only if the content agrees: these mean other things too
  std::string_view part;   // a name that contains one of these will do, if nothing better is there
  std::string_view not_part;  // unless it contains one of these
};

inline constexpr std::array<RoleNames, role_count> known_names{{
    // customer
    {"|customerid|customer|customerkey|customernumber|customerno|custid|custno|custnumber|"
     "distinctid|userpseudoid|pseudoid|effectiveuserid|clientid|client|clientnumber|userid|user|"
     "useruuid|userkey|uid|openid|unionid|memberid|member|memberno|membernumber|visitorid|visitor|"
     "idvisitor|fullvisitorid|anonymousid|buyerid|buyer|buyeremail|buyerusername|buyername|"
     "shopperid|subscriberid|accountid|account|personid|person|patientid|patient|caseid|case|"
     "caseconceptname|contactid|customeremail|customeremailaddress|useremail|email|emailaddress|"
     "fromemailaddress|mail|customername|username|customerphone|phone|phonenumber|mobile|"
     "mobilenumber|billingname|accountnumber|accountno|"
     "loyaltyid|loyaltycard|cardnumber|cardno|householdkey|householdid|guestid|guest|contactemail|"
     "contact|profileid|playerid|studentid|learnerid|consumerid|consumer|donorid|donor|soldto|"
     "soldtoparty|amplitudeid|userdisplayname|cookieid|deviceid|"
     "客户id|客户编号|客户号|客户代码|客户编码|客户|客戶id|客戶編號|客戶代號|客戶|用户id|用户编号|"
     "用户标识|用户|用户名|使用者id|用戶id|用戶|会员id|会员编号|会员卡号|会员号|会员|會員id|"
     "會員編號|會員|买家会员名|买家id|买家昵称|买家旺旺|买家支付宝账号|买家账号|买家|買家|下单帐号|"
     "下单账号|用户账号|用户昵称|客户账号|客户名称|客户姓名|客户名|顾客id|顾客编号|顾客|顧客id|"
     "顧客番号|顧客コード|顧客名|顧客|会員番号|会員id|会員コード|会員|お客様番号|お客様id|お客様名|"
     "購入者|購入者id|注文者|ユーザーid|ユーザid|ユーザー|患者id|患者|交易对方|对方账户|对方账号|"
     "付款方|付款人|购买人|下单人|微信号|账号|帐号|账户|会员卡|卡号|学号|手机号|手机号码|手机|"
     "联系手机|买家手机|会员手机|客户手机|手機|手機號碼|联系电话|电话|"
     "邮箱|电子邮箱|收货人姓名|收货人|收件人|姓名|고객id|고객번호|고객|회원id|회원번호|회원|"
     "사용자id|사용자|구매자|주문자|"
     "kundennummer|kundennr|kundenr|kdnr|kundenid|kunde|kundin|kundenname|nutzerid|nutzer|benutzer|"
     "benutzerid|debitor|debitorennummer|debitorennr|kaufer|kaeufer|besteller|mitgliedsnummer|"
     "mitglied|noclient|nclient|numclient|numeroclient|idclient|codeclient|nomclient|acheteur|"
     "utilisateur|idutilisateur|adherent|cliente|clienteid|idcliente|codigocliente|numerodecliente|"
     "numerocliente|ncliente|nocliente|nombrecliente|usuario|idusuario|usuarioid|comprador|socio|"
     "utente|idutente|codicecliente|nomecliente|acquirente|utilizador|codigodocliente|"
     "nomedocliente|"
     "klantnummer|klantnr|klantid|klant|gebruiker|kundnr|kundnummer|kund|kundeid|kundenummer|"
     "klient|idklienta|nrklienta|numerklienta|kupujacy|uzytkownik|zakaznik|клиент|idклиента|"
     "кодклиента|номерклиента|покупатель|пользователь|",
     "|uuid|guid|id|name|sessionid|session|ip|ipaddress|nom|nombre|naam|",
     "|customer|client|"
     "kunde|cliente|klant|user|member|visitor|buyer|shopper|subscriber|客户|客戶|用户|用戶|会员|"
     "會員|顾客|顧客|买家|買家|会員|ユーザ|고객|회원|клиент|покупател|",
     "|agent|type|segment|age|gender|sex|country|city|group|time|date|since|level|status|amount|"
     "price|total|count|quantity|qty|numberof|value|revenue|spend|properties|note|comment|address|"
     "zip|rating|order|invoice|transaction|等级|等級|类型|性别|城市|省|金额|金額|价|價|数|數|量|"
     "额|額|付|时间|時間|日期|地址|留言|备注|備註|积分|積分|来源|年龄|分组|标签|邮费|状态|区|订单|"
     "單號|单号|betrag|preis|datum|gruppe|montant|prix|importe|precio|fecha|fee|tax|desc|"},
    // time
    {"|timestamp|eventtime|eventtimestamp|servertimestamp|at|ts|datetime|datehourminute|datehour|"
     "occurredat|createdat|created|createdate|createddate|createdatutc|createddateutc|eventdate|"
     "invoicedate|orderdate|dateordered|purchasedate|purchasedat|purchasedon|orderedon|eventts|"
     "completedat|transactiondate|transactiontime|"
     "orderedat|orderplaced|ordertime|ordertimestamp|purchasetime|processedat|paidat|paymentdate|"
     "paymenttime|bookingdate|postingdate|saledate|salesdate|starttime|visittime|visitstarttime|"
     "serverdate|timetimestamp|time|date|day|when|"
     "时间|时间戳|事件时间|发生时间|下单时间|订单创建时间|订单时间|交易创建时间|交易时间|创建时间|"
     "下单日期|订单日期|交易日期|订单付款时间|付款时间|支付时间|成交时间|消费时间|入账时间|"
     "购买时间|"
     "购买日期|记账时间|日期时间|日期|時間|下單時間|訂單日期|訂單時間|交易時間|購買日期|付款時間|"
     "建立時間|日時|注文日時|注文日|購入日時|購入日|受注日時|受注日|取引日時|取引日|購買日|利用日|"
     "日付|発生日時|일시|주문일시|주문일|주문일자|결제일시|구매일|날짜|시간|"
     "zeitstempel|zeitpunkt|bestelldatum|belegdatum|rechnungsdatum|kaufdatum|buchungsdatum|"
     "auftragsdatum|buchungstag|datumzeit|datumuhrzeit|datum|zeit|datedecommande|datecommande|"
     "datefacture|datedachat|dateachat|datedevente|horodatage|dateheure|dateetheure|jour|"
     "fechadepedido|fechapedido|fechadecompra|fechacompra|fechafactura|fechaventa|fechahora|"
     "fechayhora|fecha|dataordine|datadellordine|dataacquisto|datafattura|dataora|dataeora|"
     "datadopedido|datapedido|datadacompra|datacompra|datahora|datavenda|data|besteldatum|"
     "aankoopdatum|factuurdatum|orderdatum|kopdatum|tidpunkt|dato|ordredato|datazamowienia|"
     "datazakupu|datasprzedazy|datafaktury|датазаказа|датапокупки|датавремя|датаивремя|дата|",
     "|", "|timestamp|date|time|datum|fecha|zeitpunkt|时间|時間|日期|日時|注文日|дата|",
     "|updated|lastupdate|updatetime|modified|lifetime|timezone|expir|birth|deliver|ship|cancel|"
     "refund|due|关闭|发货|到账|"
     "结束|修改|生日|geburt|liefer|naissance|livraison|nacimiento|entrega|zeitzone|candidate|days|"
     "pretty|"},
    // clock
    {"|time|timeofday|clock|ordertime|purchasetime|transactiontime|eventtime|uhrzeit|zeit|heure|"
     "hora|ora|tijd|tid|klokkeslett|godzina|czas|время|时间|時間|时刻|時刻|下单时间|交易时间|"
     "注文時刻|"
     "시간|시각|hour|stunde|小时|servertimepretty|",
     "|", "|time|uhrzeit|heure|hora|时间|時間|时刻|時刻|", "|zone|"},
    // event
    {"|event|eventtype|eventname|action|activity|activityname|behavior|behaviour|behaviortype|"
     "behaviourtype|eventaction|interaction|conceptname|transactiontype|type|事件|事件类型|"
     "事件名称|事件名|行为|行为类型|动作|操作|活动|交易类型|业务类型|事件類型|行為|交易類型|"
     "イベント|イベント名|アクション|取引種別|이벤트|이벤트명|행동|ereignis|aktion|evenement|"
     "typeevenement|evento|accion|azione|acao|gebeurtenis|handelse|zdarzenie|событие|действие|",
     "|", "|event|activity|behavior|behaviour|事件|行为|",
     "|id|uuid|time|date|hour|code|value|count|number|revenue|time|properties|param|bundle|user|"
     "时间|日期|编号|次数|数|"},
    // channel
    {"|channel|channelname|channelgrouping|sessiondefaultchannelgroup|"
     "sessiondefaultchannelgrouping|"
     "touchpoint|medium|platform|utmsource|sessionsource|sessionmedium|trafficsource|source|"
     "saleschannel|sourcename|devicetype|devicecategory|device|渠道|渠道名称|销售渠道|平台|来源|"
     "订单来源|交易来源地|终端|下单终端|渠道來源|通路|來源|チャネル|流入元|媒体|채널|매체|kanal|"
     "vertriebskanal|quelle|canal|origen|canale|origine|origem|kanaal|канал|источник|",
     "|", "|channel|渠道|", "|id|"},
    // item
    {"|itemid|item|itemkey|sku|skuid|lineitemsku|lineitemname|productid|product|productkey|"
     "productcode|productname|productsku|stockcode|articleid|article|articlenumber|asin|goodsid|"
     "goods|itemname|itemtitle|url|pageurl|currenturl|propertiescurrenturl|pagelocation|"
     "landingpage|pagepath|page|pagetitle|docid|doc|document|contentid|content|movieid|"
     "商品id|商品编号|商品编码|商品|商品名称|商品说明|商品标题|宝贝标题|宝贝名称|宝贝id|产品id|"
     "产品编号|产品|产品名称|货号|物品|页面|商品編號|商品名稱|產品|產品名稱|品名|商品コード|商品名|"
     "商品番号|品番|상품|상품명|상품코드|품목|artikelnummer|artikelnr|artikel|artikelbezeichnung|"
     "produkt|produktname|produit|refproduit|nomproduit|reference|producto|nombreproducto|articulo|"
     "prodotto|articolo|produto|nomeproduto|productnaam|vara|varunummer|varenummer|produktnummer|"
     "nazwaproduktu|товар|артикул|наименование|",
     "|", "|product|item|sku|stockcode|artikel|produkt|produit|商品|产品|宝贝|",
     "|category|price|qty|quantity|count|number|type|total|amount|discount|tax|ship|status|"
     "requires|"
     "taxable|fulfill|compare|preis|menge|类|价|价|数量|数|金额|价格|状态|种类|総額|単価|数量|"},
    // amount
    {"|amount|amt|amnt|totalamt|txnamount|txnamt|transactionamt|totalamount|totalprice|totalpaid|"
     "grandtotal|ordertotal|ordervalue|orderamount|"
     "amountpaid|paidamount|linetotal|lineamount|revenue|totalrevenue|purchaserevenue|"
     "transactionrevenue|eventvalueinusd|purchasevalue|dollarvalue|salesamount|paymentvalue|"
     "paymentamount|grossamount|gross|netamount|purchaseamount|transactionamount|convertedamount|"
     "spend|spent|money|turnover|grosssales|netsales|totalsales|saleamount|买家实际支付金额|"
     "用户实付金额|实付金额|实付款|实际支付金额|实收金额|"
     "应付金额|"
     "订单金额|订单总金额|订单总额|支付金额|付款金额|消费金额|交易金额|成交金额|总金额|总价|金额|"
     "销售额|应结订单金额|结算金额|买家应付货款|實付金額|訂單金額|交易金額|總金額|金額|銷售額|"
     "支払金額|注文金額|購入金額|請求金額|合計金額|売上金額|売上|税込金額|合計|결제금액|주문금액|"
     "구매금액|총금액|금액|매출|betrag|gesamtbetrag|rechnungsbetrag|bruttobetrag|nettobetrag|"
     "gesamtpreis|gesamtsumme|summe|umsatz|bestellwert|warenwert|montantttc|montanttotal|montant|"
     "montantht|totalttc|prixtotal|chiffredaffaires|importe|importetotal|monto|montototal|"
     "totalventa|"
     "importo|importototale|totale|ricavo|valortotal|valor|valorpago|montanteetotal|receita|bedrag|"
     "totaalbedrag|totaal|omzet|belopp|totalbelopp|summa|belob|belop|kwota|kwotabrutto|kwotanetto|"
     "suma|wartosc|wartoscbrutto|сумма|стоимость|итого|выручка|celkem|",
     "|total|value|val|sales|payment|paid|net|cost|charge|charged|income|spending|netto|brutto|"
     "umsatzerlose|wert|vente|ventes|ventas|vendas|",
     "|amount|revenue|betrag|montant|importe|importo|bedrag|belopp|kwota|сумма|金额|金額|销售额|"
     "売上|금액|umsatz|",
     "|discount|refund|tax|ship|fee|tip|balance|saved|currency|status|date|type|method|coupon|"
     "优惠|折扣|退款|运费|手续费|税|积分|券|红包|补贴|邮费|remise|rabatt|steuer|descuento|impuesto|"
     "versand|"},
    // quantity
    {"|quantity|qty|lineitemquantity|quantitypurchased|orderedquantity|quantityordered|units|"
     "unitssold|itemquantity|pieces|数量|件数|购买数量|订购数量|商品数量|宝贝总数量|數量|購買數量|"
     "個数|"
     "注文数|수량|주문수량|menge|anzahl|stuckzahl|quantite|qte|cantidad|quantita|qta|quantidade|"
     "aantal|antal|antall|ilosc|количество|колво|",
     "|", "|quantity|qty|数量|數量|quantite|cantidad|", "|fulfill|stock|refund|cancel|"},
    // price
    {"|unitprice|priceeach|lineitemprice|price|itemprice|saleprice|单价|商品单价|价格|售价|京东价|"
     "成交单价|單價|價格|単価|販売価格|価格|단가|가격|einzelpreis|stuckpreis|preis|prixunitaire|"
     "prix|preciounitario|precio|prezzounitario|prezzo|precounitario|preco|stukprijs|prijs|"
     "enhetspris|styckpris|pris|cenajednostkowa|cena|цена|",
     "|", "|unitprice|单价|單價|", "|compare|"},
}};

/// The base letter of accented Latin ones, 0 for the others.
inline char base_letter(char32_t c) {
  static constexpr std::string_view latin1 =
      "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
  if (c >= 0xC0 && c <= 0xFF && c != 0xD7 && c != 0xF7) return lower(latin1[c - 0xC0]);
  static constexpr std::u32string_view more =
      U"ąćĉčďđęěğıĺľłńňőœŕřśşšťţůűźżžășțġ"
      U"ĄĆČĎĐĘĚŁŃŇŐŒŔŘŚŞŠŤŢŮŰŹŻŽĂĞİ";
  static constexpr std::string_view base =
      "acccddeegilllnnoorrsssttuuzzzastg"
      "accddeelnnoorrsssttuuzzzagi";
  const size_t at = more.find(c);
  return at == more.npos ? 0 : base[at];
}

/// Customer_ID, "customer id" and customerId are one name, and so are 金额（元） and 金额.
inline std::string normal_name(std::string_view name) {
  std::string scratch, folded(fold(trim(name), scratch));
  const size_t bracket = std::min(folded.find('('), folded.find('['));
  if (bracket != folded.npos && bracket > 0) folded.resize(bracket);
  std::string out;
  for (size_t i = 0; i < folded.size();) {
    const size_t n = std::max<size_t>(utf8_length(std::string_view(folded).substr(i, 4)), 1);
    const std::string_view letter = std::string_view(folded).substr(i, n);
    const char32_t c = n == 1 ? static_cast<unsigned char>(letter[0]) : decode_utf8(letter, n);
    if (is_letter(letter[0]) || is_digit(letter[0]))
      out += lower(letter[0]);
    else if (const char base = base_letter(c); base != 0)
      (out += base) += c == 0xDF ? "s" : "";
    else if (c >= 0x410 && c <= 0x42F)
      append_utf8(out, c + 0x20);  // Cyrillic capitals
    else if (c == 0x301 || c == 0x2116 || c == 0xB0 || c == 0xBA || (c >= 0x3000 && c <= 0x303F))
      out += c == 0x2116 ? "no" : "";
    else if (c >= 0x100)
      out.append(letter);
    i += n;
  }
  return out;
}

inline constexpr int exact_name = 1000, weak_name = 100, part_name = 1;

/// Whether a name contains one of a list.
inline bool contains_any(std::string_view normal, std::string_view list) {
  for (size_t i = 1; i < list.size(); i = list.find('|', i) + 1)
    if (normal.find(list.substr(i, list.find('|', i) - i)) != normal.npos) return true;
  return false;
}

/// How well a column's name suits a role: 0 not at all, more is better.
inline int name_rank(Role role, std::string_view name) {
  const RoleNames& known = known_names[static_cast<size_t>(role)];
  const std::string normal = normal_name(name);
  if (normal.empty()) return 0;
  if (const size_t at = known.exact.find("|" + normal + "|"); at != known.exact.npos)
    return 20 * exact_name - static_cast<int>(at);
  if (const size_t at = known.weak.find("|" + normal + "|"); at != known.weak.npos)
    return weak_name + 200 - static_cast<int>(at);
  return contains_any(normal, known.part) && !contains_any(normal, known.not_part) ? part_name : 0;
}

/// Whether a name says that a column is of another kind, though its values look right.
inline bool is_other_kind(Role role, std::string_view name) {
  return contains_any(normal_name(name), known_names[static_cast<size_t>(role)].not_part);
}

/// Whether a name means some column of events by itself.
inline bool is_known_name(std::string_view name) {
  for (size_t r = 0; r < role_count; ++r)
    if (name_rank(static_cast<Role>(r), name) > exact_name) return true;
  return false;
}

}  // namespace demo
