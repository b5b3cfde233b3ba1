-- SPDX-License-Identifier: PostgreSQL
-- Words that suit most shops, in Chinese and English. Words of a class without a polarity name the class; those of class * have a polarity
-- for whatever class their clause names.

CREATE FUNCTION starter_feedback_words(
    language text DEFAULT 'en', OUT class text, OUT word text, OUT weight float8, OUT polarity float8, OUT word_language text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 SET search_path = pg_catalog, pg_temp AS $words$
  SELECT coalesce(CASE starter_feedback_words.language WHEN 'zh' THEN n.zh END, c.class), w.word, s.weight, s.polarity, s.language
  FROM (VALUES
    -- What words do to others.
    ('(negator)', 'zh', 0.0, 1.0, '不|没|没有|无|非|别|未'),
    ('(negator)', 'en', 0, 1, 'not|no|never|n''t|without|cannot'),
    ('(intensifier)', 'zh', 0, 1.25, '很|挺|蛮|好生|相当|真|真的|真是|更'),
    ('(intensifier)', 'zh', 0, 1.5, '非常|十分|特别|太|超|超级|极其|极|最|尤其|格外|巨|贼|实在|简直|完全'),
    ('(intensifier)', 'zh', 0, 0.5, '有点|有点儿|有些|稍微|稍|略|略微|一点|一点儿|有一点|还算|比较|较'),
    ('(intensifier)', 'en', 0, 1.25, 'really|quite|pretty|rather'),
    ('(intensifier)', 'en', 0, 1.5, 'very|extremely|super|so|too|absolutely|incredibly|totally|completely|highly|truly'),
    ('(intensifier)', 'en', 0, 0.5, 'slightly|a bit|a little|somewhat|fairly|a little bit|kind of|sort of'),
    ('(break)', 'zh', 0, 1, '但是|但|不过|可是|然而|只是|而且|并且|就是|虽然|尽管|除了|所以|因为'),
    ('(break)', 'en', 0, 1, 'but|however|although|though|except|yet|because|while|whereas|and then'),
    -- What looks like a negator or a word of a class, and is none.
    ('(ignored)', 'zh', 0, 1, '不知道|不仅|不但|不光|不只|无论|不管|不论|别人|分别|区别|个别|级别|类别|性别|未来|无线|非洲|差不多|差点|差别|差异|出差|好多|好几|好像|只好|正好|好久|好友|爱好|不得不|无非|莫非|除非|非得|没事|不过如此|要不|不一会|对不起|不好意思|了不起|快递员|慢慢|不如说|好不好|是不是|能不能|有没有|会不会|要不要|误差|时差|温差|灿烂|会员卡|银行卡|卡片|显卡|打卡|刷卡|卡通|电话卡|充值卡|购物卡|礼品卡|恋爱|爱人|评价|代价|物价|超市|太阳|太太|告别|识别|无限|可以说|积极性|好评返现|赶快|尽快|快要'),
    ('(ignored)', 'en', 0, 1, 'no doubt|not only|no one|no matter|would like|looks like|feels like|seems like|like a|like the|like an|no wonder|as well|well as|quality of life|last time|not just|cheap as'),
    -- Whatever the clause is about.
    ('*', 'zh', 1, 1, '好|不错|满意|棒|赞|优秀|完美|喜欢|爱|推荐|值得|舒服|舒心|给力|靠谱|可靠|出色|一流|周到|贴心|放心|开心|高兴|惊喜|点赞|好评|五星|优质|良好|方便|好用|漂亮|好看|精致|强大|顺利|细致|及时|专业|实用|喜爱|称心|如意|杠杠的|没毛病|没的说|没话说|物超所值|超值|必买|回购|信赖|还行|可以|可爱|快|愉快'),
    ('*', 'zh', -1, 1, '差|差劲|糟糕|糟|烂|坏|失望|不满|垃圾|难用|恶心|后悔|坑|坑人|骗人|骗子|欺骗|差评|一般般|恶劣|气人|生气|愤怒|无语|讨厌|烦|烦人|麻烦|问题|毛病|缺陷|故障|错误|投诉|崩溃|受不了|太次|次品|粗糙|难看|丑|难受|不爽|低劣|劣质|敷衍|不行|不咋地|不咋样|不怎么样|不敢恭维|不如|被骗|上当|心塞|吐槽|槽点|坑爹|鸡肋|凑合|将就|遗憾|可惜|糊弄|无聊|慢'),
    ('*', 'en', 1, 1, 'good|great|excellent|perfect|amazing|awesome|fantastic|wonderful|love*|like|nice|best|better|happy|pleased|satisf*|recommend*|impress*|superb|outstanding|brilliant|fine|reliable|delight*|enjoy*|beautiful|lovely|pleasant|solid|smooth*|flawless*|top notch|first class|well made|five stars|works great|exceptional|incredible|thank*|glad|positive|worth it|fabulous|decent|ideal'),
    ('*', 'en', -1, 1, 'bad|poor*|terribl*|horribl*|awful*|worst|worse|disappoint*|useless|garbage|trash|rubbish|hate*|annoy*|frustrat*|unhappy|dissatisf*|unsatisf*|problem*|issue*|fault*|defect*|broken|fail*|wrong|regret*|unacceptable|unpleasant|mediocre|lousy|disgust*|nightmare|mess|scam|fraud|lie|lied|lies|misleading|unreliable|inferior|pathetic|ridiculous|joke|waste|wasted|avoid|complain*|angry|upset|sad|negative|inadequate|substandard|unfortunate*|error*'),
    -- Price.
    ('price', 'zh', 0, 1, '价格|价钱|价位|定价|售价|单价|费用|收费|运费|优惠|折扣|促销|活动价|性价比|成本|花费|价|满减|优惠券|降价|差价|会员价'),
    ('price', 'zh', 1, 1, '便宜|实惠|划算|超值|物美价廉|物超所值|性价比高|价格合理|价格公道|价廉|低价|白菜价|优惠力度大|很值|值这个价|省钱|平价'),
    ('price', 'zh', -1, 1, '贵|昂贵|不值|不划算|涨价|价格高|偏贵|乱收费|性价比低|天价|坑钱|溢价|暴利|高价|宰客|虚高|不值这个价|刚买就降价|价格偏高|智商税|浪费钱'),
    ('price', 'en', 0, 1, 'price*|pricing|cost|costs|charge*|fee|fees|discount*|coupon*|money|value for money|shipping cost*|rate|rates|offer|offers'),
    ('price', 'en', 1, 1, 'cheap|cheaper|affordable|inexpensive|bargain*|good value|great value|great deal|good deal|worth the money|worth every penny|reasonably priced|fair price|fair prices|reasonable price|reasonable prices|low price|low prices|well priced|money well spent'),
    ('price', 'en', -1, 1, 'expensive|overpriced|pricey|costly|not worth|rip off|ripoff|ripped off|waste of money|overcharg*|price increase|price hike|hidden fee|hidden fees|too much money|high price|high prices|bad value|poor value|unaffordable'),
    -- Quality.
    ('quality', 'zh', 0, 1, '质量|品质|做工|材质|材料|用料|面料|质感|手感|工艺|布料|耐用性|正品|产品质量|质地|味道|口感|色差|新鲜度'),
    ('quality', 'zh', 1, 1, '耐用|结实|牢固|质量好|做工精细|真材实料|经久耐用|扎实|厚实|高品质|品质好|有质感|新鲜|好吃|美味|柔软|做工好|用料足|皮实|耐穿|不掉色'),
    ('quality', 'zh', -1, 1, '假货|山寨|破损|开线|掉色|褪色|起球|变形|破洞|掉漆|生锈|易坏|质量差|做工差|伪劣|瑕疵|裂缝|开裂|脱胶|发霉|过期|变质|难吃|异味|刺鼻|有味道|漏水|松动|断了|坏了|用几天就坏|残次|二手货|翻新|缩水|薄|掉毛|不耐用|冒牌|水货|仿品|烂了|不新鲜|次货'),
    ('quality', 'en', 0, 1, 'quality|material*|fabric*|workmanship|craftsmanship|build quality|durability|texture|taste|stitching|finish'),
    ('quality', 'en', 1, 1, 'durable|sturdy|well built|high quality|long lasting|robust|fresh|delicious|tasty|genuine|authentic|comfortable|soft|solidly built|good quality|great quality|premium'),
    ('quality', 'en', -1, 1, 'flimsy|cheaply made|fell apart|falling apart|falls apart|broke|breaks|cracked|cracks|torn|tore|ripped|fake|counterfeit|faded|fades|fading|rust*|leak*|stopped working|low quality|poor quality|bad quality|wore out|worn out|smells|smelly|stale|rotten|mold*|mould*|expired|knockoff|shoddy|scratched|shrank|shrunk|cheap plastic|poorly made|badly made|loose|dented'),
    -- Service.
    ('service', 'zh', 0, 1, '服务|客服|售前|咨询|接待|回复|答复|沟通|服务态度|客户服务|热线|在线客服|人工客服|机器人客服|服务质量|响应'),
    ('service', 'zh', 1, 1, '服务好|服务周到|回复快|回复及时|有问必答|解答耐心|解决了问题|处理及时|秒回|服务一流|服务到位|响应快|响应及时|宾至如归|有求必应'),
    ('service', 'zh', -1, 1, '没人理|不理人|不回复|没人回复|回复慢|踢皮球|推卸责任|推卸|推脱|推诿|态度差|服务差|敷衍了事|电话打不通|打不通|联系不上|没人接|答非所问|不解决问题|不处理|爱理不理|扯皮|店大欺客|没人管|已读不回|爱答不理|拒不|不作为'),
    ('service', 'en', 0, 1, 'service|customer service|customer support|support|customer care|helpdesk|help desk|hotline|call center|call centre|response*|reply|replies|chat|live chat|assistance'),
    ('service', 'en', 1, 1, 'responsive|quick response|fast response|prompt reply|resolved|solved|sorted out|great service|good service|excellent service|went above and beyond|attentive|quick reply|fixed my problem'),
    ('service', 'en', -1, 1, 'no response|no reply|no answer|unresponsive|ignored me|ignored my|ignores|on hold|hung up|unhelpful|bad service|poor service|terrible service|never replied|never responded|never answered|never called back|did not help|passed around|runaround|run around|no one answers|kept waiting|transferred me'),
    -- Delivery.
    ('delivery', 'zh', 0, 1, '物流|快递|发货|配送|送货|到货|运输|派送|送达|包裹|收货|货运|骑手|外卖员|快递员送|顺丰|自提|运单|发货速度|物流速度'),
    ('delivery', 'zh', 1, 1, '发货快|物流快|到货快|送货快|快递快|次日达|当天到|神速|准时|按时送达|送货上门|速度快|速度很快|隔天就到|第二天就到|当日达|飞快|迅速|很快就到|很快到了'),
    ('delivery', 'zh', -1, 1, '发货慢|物流慢|到货慢|送货慢|快递慢|延误|延迟|迟到|丢件|丢了|没收到|送错|漏发|错发|少发|发错货|发错|迟迟不发货|不发货|不送货上门|不上门|龟速|等了很久|等太久|等好久|超时|没送到|迟迟不到|迟迟未到|暴力运输|压坏|虚假发货|慢死|少件|签收异常|未送达|没发货'),
    ('delivery', 'en', 0, 1, 'delivery|deliver|delivered|delivers|delivering|shipping|shipment*|shipped|ship|courier*|parcel*|package|packages|tracking|dispatch*|arriv*|carrier|post office|postage'),
    ('delivery', 'en', 1, 1, 'fast delivery|quick delivery|fast shipping|quick shipping|on time|arrived early|arrived quickly|next day|prompt delivery|delivered fast|speedy|ahead of schedule|same day|promptly|arrived on time'),
    ('delivery', 'en', -1, 1, 'late|delay*|slow delivery|slow shipping|never arrived|not arrived|did not arrive|didn''t arrive|lost package|lost parcel|missing item*|wrong item*|wrong address|wrong size|wrong product|weeks late|days late|still waiting|not delivered|never received|did not receive|didn''t receive|haven''t received|not received|lost in transit|took forever|took weeks|missing parts'),
    -- Function.
    ('function', 'zh', 0, 1, '功能|性能|系统|软件|版本|电池|续航|屏幕|信号|网络|速度|配置|设备|程序|音质|画质|拍照|效果|蓝牙|充电|运行'),
    ('function', 'zh', 1, 1, '流畅|功能强大|功能齐全|功能全面|稳定|运行流畅|反应快|续航久|续航长|清晰|灵敏|充电快|性能强|效果好|效果明显|音质好|画质清晰|兼容'),
    ('function', 'zh', -1, 1, '卡顿|卡|死机|闪退|黑屏|蓝屏|报错|打不开|用不了|不能用|无法使用|不好使|失灵|失效|耗电|掉电|发热|发烫|噪音大|断网|断线|掉线|不兼容|不稳定|没效果|没有效果|没用|无效|漏电|死机重启|加载慢|崩了|开不了机|连不上|不灵敏|反应慢|功能少|功能太少|模糊|漏洞|缺少功能|充不进电|自动关机'),
    ('function', 'en', 0, 1, 'function*|feature*|performance|software|app|battery|screen|system|version|update*|device|speed|connection|sound quality|camera|firmware|bluetooth|wifi'),
    ('function', 'en', 1, 1, 'works well|works perfectly|works fine|works as expected|works as described|fast and responsive|stable|long battery life|powerful|efficient|effective|feature rich|accurate|crystal clear|does the job|runs smoothly|versatile'),
    ('function', 'en', -1, 1, 'crash*|bug|bugs|buggy|freez*|froze|lag|lags|laggy|glitch*|not working|does not work|doesn''t work|did not work|didn''t work|won''t work|won''t turn on|won''t start|won''t connect|unusable|malfunction*|overheat*|disconnect*|battery drain*|drains|unstable|incompatible|inaccurate|missing feature*|lacks|noisy|blurry|ineffective|cannot connect|can''t connect|slow app|times out|timed out'),
    -- Usability.
    ('usability', 'zh', 0, 1, '操作|界面|使用|安装|设置|注册|登录|体验|说明书|教程|流程|页面|网站|网页|客户端|小程序|导航|搜索|使用体验|用户体验'),
    ('usability', 'zh', 1, 1, '简单|易用|容易|方便快捷|一键|操作简单|上手快|简洁|清楚|明了|人性化|便捷|容易上手|直观|省心|省事|一目了然|安装方便'),
    ('usability', 'zh', -1, 1, '复杂|繁琐|难懂|看不懂|不会用|操作麻烦|找不到|混乱|登录不了|登不上|登不进去|收不到验证码|步骤太多|广告太多|难安装|不人性化|不直观|费劲|看不清|步骤多|太繁琐|界面乱'),
    ('usability', 'en', 0, 1, 'interface|usability|installation|install*|setup|set up|instruction*|manual|website|web site|site|navigation|login|log in|sign in|sign up|user experience|menu|checkout|design'),
    ('usability', 'en', 1, 1, 'easy|easily|simple|intuitive|user friendly|convenient|straightforward|effortless*|easy to use|self explanatory|clear instructions|hassle free|seamless*|well designed|well organized'),
    ('usability', 'en', -1, 1, 'confus*|complicated|difficult|hard to use|hard to find|cumbersome|clunky|unclear|inconvenient|counterintuitive|unintuitive|hard to understand|hard to install|can''t log in|cannot log in|too many ads|too many steps|cluttered|hard to navigate|tedious'),
    -- Staff.
    ('staff', 'zh', 0, 1, '店员|员工|服务员|营业员|导购|销售|师傅|工作人员|老板|店家|卖家|态度|业务员|安装师傅|快递小哥|收银员|顾问|经理|前台|店主|商家|人员'),
    ('staff', 'zh', 1, 1, '热情|耐心|礼貌|友好|和气|态度好|亲切|认真|负责|热心|有礼貌|客气|诚信|细心|敬业|态度很好|和蔼|真诚|尽责|负责任'),
    ('staff', 'zh', -1, 1, '冷漠|不耐烦|粗鲁|傲慢|没礼貌|态度恶劣|态度不好|骂人|凶|不专业|不负责任|强买强卖|嚣张|狗眼看人低|冷淡|摆脸色|业余|不懂|甩脸子|脾气大|辱骂|吼|无礼|强制消费|态度冷淡|素质低|没素质'),
    ('staff', 'en', 0, 1, 'staff|employee*|salesperson|salesman|saleswoman|sales rep|clerk*|agent*|representative*|manager*|technician*|driver*|cashier*|waiter*|waitress|assistant*|seller*|team|personnel|owner|rep|attitude'),
    ('staff', 'en', 1, 1, 'friendly|helpful|polite|courteous|professional|patient|kind|knowledgeable|welcoming|caring|respectful|honest|considerate|accommodating|efficient staff|cheerful'),
    ('staff', 'en', -1, 1, 'rude|rudely|impolite|unprofessional|arrogant|disrespectful|unfriendly|incompetent|dismissive|condescending|hostile|yelled|pushy|lazy|clueless|careless|dishonest|indifferent|aggressive|untrained|abusive'),
    -- Packaging.
    ('packaging', 'zh', 0, 1, '包装|包装盒|盒子|外包装|箱子|纸箱|泡沫|封条|礼盒|袋子|外盒'),
    ('packaging', 'zh', 1, 1, '包装精美|包装完好|包装好|包装严实|包得严实|严实|包装用心|包装结实|包装精致|完好无损'),
    ('packaging', 'zh', -1, 1, '包装破损|包装简陋|盒子烂了|压扁|没有包装|包装差|简陋|盒子破了|包装太差|漏了|撒了|洒了|挤压|包装破了|箱子破了'),
    ('packaging', 'en', 0, 1, 'packaging|packing|packed|box|boxes|wrapping|wrapped|bubble wrap|gift box'),
    ('packaging', 'en', 1, 1, 'well packed|well packaged|nicely packaged|securely packed|carefully packed|beautifully wrapped|intact|nicely wrapped'),
    ('packaging', 'en', -1, 1, 'damaged box|crushed|box was open|opened box|poorly packed|badly packed|poorly packaged|excessive packaging|no padding|arrived damaged|squashed|torn packaging'),
    -- After sales.
    ('returns', 'zh', 0, 1, '售后|退货|换货|退换|退换货|退款|保修|维修|质保|赔偿|补偿|维权|三包|七天无理由|补发|返修|退费'),
    ('returns', 'zh', 1, 1, '退款快|退款及时|退货方便|售后好|无忧退换|包退|秒退|售后有保障|换货快|售后及时|退换方便'),
    ('returns', 'zh', -1, 1, '不退款|不给退|不给换|退款慢|拒绝退款|售后差|没有售后|不保修|不管售后|退不了|不退不换|不予退款|维修慢|退货难|退款难|不让退|拖延退款|拒绝赔偿|不给退款|修了又坏'),
    ('returns', 'en', 0, 1, 'return|returns|returned|returning|return policy|refund*|exchange*|warranty|guarantee*|repair*|replac*|after sales|compensation|reimburse*'),
    ('returns', 'en', 1, 1, 'easy return|easy returns|quick refund|full refund|hassle free return*|honored the warranty|free returns|prompt refund|refunded immediately'),
    ('returns', 'en', -1, 1, 'no refund|refused refund|refused to refund|won''t refund|never refunded|restocking fee|refuse to replace|refused to replace|denied|warranty void|won''t honor|no returns|still no refund|refund denied'),
    -- Payment.
    ('payment', 'zh', 0, 1, '支付|付款|结账|发票|账单|扣款|支付宝|微信支付|信用卡|收银台|分期|转账|开票'),
    ('payment', 'zh', 1, 1, '支付方便|付款方便|支付快捷|支付安全|秒付'),
    ('payment', 'zh', -1, 1, '支付失败|付款失败|重复扣款|多扣|乱扣费|扣错|不开发票|没有发票|付不了款|盗刷|偷偷扣费|自动续费|扣费|支付不了|不给发票'),
    ('payment', 'en', 0, 1, 'payment*|pay|paying|paid|billing|bill|invoice*|credit card|card|paypal|subscription|receipt'),
    ('payment', 'en', 1, 1, 'easy payment|easy to pay|secure payment|flexible payment'),
    ('payment', 'en', -1, 1, 'charged twice|double charged|unauthorized charge*|payment failed|card declined|payment declined|billing error|no invoice|auto renew*|charged me again|wrongly charged'),
    -- Description.
    ('description', 'zh', 0, 1, '描述|图片|实物|照片|尺码|尺寸|颜色|型号|款式|宣传|详情页|介绍|规格|码数'),
    ('description', 'zh', 1, 1, '与描述一致|和图片一样|描述相符|与图片一致|尺码合适|尺寸合适|大小合适|和描述的一样|没有色差|合身|正合适|实物好看'),
    ('description', 'zh', -1, 1, '与描述不符|描述不符|货不对板|和图片不一样|虚假宣传|色差大|色差严重|尺码不准|偏大|偏小|太大|太小|图文不符|名不副实|夸大宣传|实物与图片不符|尺码不对|颜色不对|买家秀|不合身|误导'),
    ('description', 'en', 0, 1, 'description|photo*|picture*|image*|size|sizes|sizing|color|colour|advertis*|fit|fits|measurement*'),
    ('description', 'en', 1, 1, 'as described|as pictured|as shown|as advertised|true to size|fits perfectly|fits well|exactly as described|matches the description'),
    ('description', 'en', -1, 1, 'not as described|not as pictured|not as advertised|false advertising|misleading description|too small|too big|too large|too tight|wrong color|wrong colour|runs small|runs large|doesn''t fit|does not fit|looks different|nothing like')
  ) s (class, language, polarity, weight, words)
  CROSS JOIN LATERAL string_to_table(s.words, '|') w (word)
  -- A word for whatever the clause is about also says what the writer feels about everything.
  CROSS JOIN LATERAL (SELECT s.class UNION ALL SELECT 'overall' WHERE s.class = '*') c (class)
  LEFT JOIN (VALUES ('price', '价格'), ('quality', '质量'), ('service', '服务'), ('delivery', '物流'), ('function', '功能'), ('usability', '易用性'),
                    ('staff', '员工'), ('packaging', '包装'), ('returns', '售后'), ('payment', '支付'), ('description', '描述'), ('overall', '总体')) n (class, zh)
    ON n.class = c.class
$words$;
COMMENT ON FUNCTION starter_feedback_words(text) IS
  'Lists words that suit most shops, Chinese and English ones, in the columns of clientele_data.feedback_words: what the class of the word
is called, the word, its weight and its polarity from -1 to 1.
language: that of the names of the classes, en or zh; the words are always those of both. The classes are price, quality, service, delivery,
function, usability, staff, packaging, returns, payment, description and overall. A word of class * has a polarity for the classes that its
clause names. Words of (negator), (intensifier), (break) and (ignored) say what they do to others; see feedback_classes().';
