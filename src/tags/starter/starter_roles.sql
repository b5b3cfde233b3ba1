-- SPDX-License-Identifier: PostgreSQL
-- The usual names of events, as far as the starter tags use them.

CREATE FUNCTION starter_roles(OUT role text, OUT names text[], OUT description text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12 AS $$
  VALUES
    ('purchase', '{purchase,order,buy,transaction,checkout_completed,order_completed,order_paid,payment,pay,paid,购买,下单,付款,支付,支付成功,成交,消费}'::pg_catalog.text[],
     'Something is bought.'),
    ('view', '{view_item,view,product_view,view_product,product_viewed,item_view,page_view_product,pv,browse,detail,浏览,浏览商品,商品浏览,查看商品,看商品,商品详情}',
     'Something is looked at.'),
    ('search', '{search,site_search,query,products_searched,搜索,查询,检索}', 'Something is looked for.'),
    ('cart', '{cart,add_to_cart,product_added,basket,add_to_basket,加购,加入购物车,加购物车,购物车}', 'Something is put into the cart.'),
    ('return', '{return,returned,return_item,refund,refunded,order_refunded,退货,退款}', 'Something is sent back.'),
    ('complaint', '{complaint,complain,投诉}', 'The customer complains.'),
    ('contact', '{contact,service_contact,support,ticket,call,chat,咨询,联系客服,客服,客服咨询}', 'The customer asks for help.'),
    ('visit', '{visit,store_visit,check_in,到店,进店,访店}', 'The customer comes into a shop.'),
    ('promotion', '{promotion_sent,email_sent,campaign_sent,sms_sent,push_sent,sent,发送促销,促销发送,发送短信,推送,触达}',
     'The shop writes to the customer.'),
    ('opened', '{promotion_opened,email_opened,email_open,campaign_opened,push_opened,opened,打开促销,打开邮件,打开推送}',
     'The customer opens what the shop wrote.'),
    ('clicked', '{promotion_clicked,email_clicked,email_click,campaign_clicked,push_clicked,clicked,点击促销,点击邮件,点击推送}',
     'The customer follows a link in it.'),
    ('passive', '{resolved,shipped,delivered,dispatched,email_delivered,email_bounced,已解决,解决,发货,已发货,送达,签收}',
     'Not done by the customer, besides what the shop writes; all of these names count.')
$$;
COMMENT ON FUNCTION starter_roles() IS
  'Lists the roles of events that define_starter_tags() uses, with their usual names: the first one that the store has is taken.
Upper and lower case, blanks, _, -, ., / and : do not matter.';

CREATE FUNCTION plain_event_name(event text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT regexp_replace(lower(event), '[[:space:]_./:-]+', '', 'g')
$$;
COMMENT ON FUNCTION plain_event_name(text) IS
  'Reduces the name of an event to what define_starter_tags() compares: AddToCart and add_to_cart are the same.';

CREATE FUNCTION starter_selector(role text) RETURNS text
  LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM clientele.require_store('event_types');
  RETURN (
    WITH usual AS MATERIALIZED (
      SELECT u.n, clientele.plain_event_name(u.name) AS name
      FROM clientele.starter_roles() r, unnest(r.names) WITH ORDINALITY u (name, n) WHERE r.role = starter_selector.role
    ), known AS MATERIALIZED (
      SELECT DISTINCT t.event, u.n FROM clientele_data.event_types t JOIN usual u ON u.name = clientele.plain_event_name(t.event)
    )
    SELECT string_agg(clientele.quote_selector(NULL, k.event), '|' ORDER BY k.n, k.event COLLATE "C")
    FROM known k WHERE starter_selector.role = 'passive' OR k.n = (SELECT min(n) FROM known));
END $$;
COMMENT ON FUNCTION starter_selector(text) IS
  'Finds the events of the store that play a role of starter_roles(), by their usual names; NULL if there are none.
Errors: 42P01 without a store, 42501 without the right to read clientele_data.event_types.';

CREATE FUNCTION selector_complement(selector text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF selector IS NULL THEN
    RETURN '*';
  ELSIF selector ~ '[["!]' THEN
    RETURN coalesce((SELECT string_agg('!#' || t, '|' ORDER BY t) FROM clientele.event_types_matching(selector) t), '*');
  END IF;
  RETURN '!' || regexp_replace(selector, '[|][[:space:]]*', '|!', 'g');
END $$;
COMMENT ON FUNCTION selector_complement(text) IS
  'Writes the selector of everything that another one does not pick; a part of define_starter_tags().
One with quotes, properties or ! is replaced by the event types that it picks now.';
