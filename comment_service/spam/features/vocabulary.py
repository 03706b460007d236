"""Word lists: shorteners, commercial words, advertised brands, praise, function words."""

from __future__ import annotations

_SHORTENERS = """
adf.ly bit.do bit.ly buff.ly cli.gs clck.ru cutt.ly goo.gl goo.su is.gd j.mp lnkd.in ow.ly
qr.net rb.gy rebrand.ly s.id shorturl.at t.co t.ly tiny.cc tinyurl.com tr.im u.to urlz.fr
v.gd vk.cc
"""
_TRADE_WORDS = """
best buy cheap discount free online loan loans payday credit casino casinos poker slots slot
betting bet forex crypto bitcoin trading invest seo backlinks marketing agency services
service pharmacy pills viagra cialis weight diet keto cbd insurance mortgage lawyer plumber
repair cleaning movers towing escort escorts porn sex cam dating essay essays assignment
dissertation writing replica watches handbags shoes outlet wholesale supplier manufacturer
download crack hack generator followers support helpline rental hosting vpn deals coupon
acheter pas cher credito prestamos barato comprar kaufen gunstig kredit
locksmith roofing roofer plumbing electrician removals limo limousine charter flights contractors
rentals astrologer psychic immigration bootcamps
günstig guenstig kredite schlüsseldienst schluesseldienst detektei entrümpelung rohrreinigung
umzug umzüge klempner dachdecker gutschein reinigungsfirma
plombier serrurier électricien dépannage depannage déménagement demenagement voyance voyant
marabout prêt crédit
fontanero cerrajero electricista reparación reparacion mudanzas préstamos créditos alquiler
desatascos
empréstimo empréstimos emprestimo emprestimos encanador chaveiro desentupidora conserto seguidores
idraulico fabbro traslochi noleggio prestiti spurghi
tanie tani pożyczki pożyczka pozyczki chwilówki chwilowki hydraulik przeprowadzki skup
pozycjonowanie
verhuizing slotenmaker loodgieter lening goedkope goedkoop
ремонт потолки займ займы кредит кредиты заказать купить продвижение сантехник грузоперевозки
эвакуатор недорого
nakliyat çilingir kiralama bahis ucuz jasa sewa murah pinjaman
"""

#: Domains that hide a link's target.
SHORTENERS = frozenset(_SHORTENERS.split())
#: Words that are common in search phrases but rare in personal names.
TRADE_WORDS = frozenset(_TRADE_WORDS.split())

_ADVERTISED = """
viagra | cialis | levitra | kamagra | canadian pharmacy | canadian pharmacies | 1xbet |
melbet | mostbet | betway | 22bet | parimatch | dafabet | pin up casino | mega888 |
918kiss | pussy888 | joker123 | slot gacor | judi bola | judi online | togel | situs slot |
deneme bonusu | casino bonus | free spins | sports betting tips | payday loan |
payday loans | essay writing service | essay writing services | write my essay |
replica watches | louis vuitton outlet | michael kors outlet | cheap jerseys | ugg outlet |
escort service | escort services | crypto recovery | bitcoin recovery | hacker for hire |
seo services | seo company | seo agency | quality backlinks | buy backlinks |
buy followers | instagram followers | male enhancement | weight loss pills | keto gummies |
cbd gummies | виагра | виагру | сиалис | ставки на спорт | займ онлайн |
накрутка подписчиков | продвижение сайтов | potenzmittel | kredit ohne schufa |
seo agentur | préstamos rápidos | créditos sin aval | amarres de amor | amarração amorosa |
jogo do tigrinho | prêt entre particuliers | retour affectif | nhà cái | cá cược bóng đá |
cá độ bóng đá | kubet | tài xỉu online | vay tiền online | เว็บพนัน | สล็อตเว็บตรง |
บาคาร่า | แทงบอล | หวยออนไลน์ | 토토사이트 | 카지노사이트 | 먹튀검증 | 바카라사이트 |
안전놀이터 | 출장안마 | スーパーコピー | ブランドコピー | 时时彩 | 娱乐城 | 娛樂城 |
代开发票 | 代写论文 | kaçak bahis | bahis siteleri | canlı bahis | casino siteleri |
escort bayan | جلب الحبيب | شراء متابعين | سایت شرط بندی | خرید فالوور | satta matka |
सट्टा मटका | bandar togel | pinjaman online | slot online | chwilówki online |
kredyt bez bik | grand marabout | быстрый займ | займ на карту | вулкан казино |
купить диплом | купить справку | führerschein kaufen | comprar seguidores |
dofollow backlinks | guest posting service | guest posting services |
assignment writing service | assignment help services | black magic specialist |
vashikaran | buy oxycodone | tramadol online | buy weed online
"""
_PRAISE = """
amazing awesome beautiful brilliant excellent exceptional fantastic great helpful impressive
incredible informative insightful inspiring interesting lovely marvelous marvellous nice
outstanding remarkable superb thoughtful useful valuable wonderful excelente genial excelentes
buen bom ótimo ottimo bello toller super schöner interessant informativ hilfreich bravo génial
utile intéressant mooi goed geweldig świetny ciekawy отличная полезная интересная harika güzel
faydalı bra fantastisk intressant bagus menarik bermanfaat
"""
_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been but by can did do does for from
get got had has have he her here him his how i if in into is it its just me more my no not
 of on once one only or other our over own she so some such than that the their them
then there these they this those to too under up very was we were what when where which who why
will with would you your der die das den dem des ein eine einen einem einer und oder aber auch
als am an auf aus bei bin bis da dass doch du er es für hat habe ich ihr im in ist ja kann man
mein mit nach nicht noch nur ob sehr sein sich sie sind so über um und uns von vor war was weil
wenn wer wie wir wird zu zum zur le la les un une des du de et ou mais en au aux ce cet cette
ces dans est et il elle ils elles je ne nous on par pas plus pour que qui sa se son sur tu vous
votre y à el los las uno una unos y o pero del al con como de en es esta este esto la lo me mi
muy más no nos para por que se si sin su sus te tu un ya os as um uma e ou mas do da dos das no
na nos nas com como em é eu foi isso mais meu muito não para por que se sem seu sua também você
il lo gli i una e o ma di da in con su per tra non che chi è si mi ti ci del della dei delle nel
nella al alla het een en of maar van voor met op te dat die dit er ik is je niet nog om ook te
uit wat we zijn i w z na do się nie to jest że o od po za dla jak co ale czy tak przez и в не на
я что с а то он она это как но по из у за же от так для вы мы ты их его och att det som en ett
på är av för med den till inte om har jag ni vi bir ve bu da de için ile mi çok daha ne var
i'm i've i'd i'll you're you've we're it's that's there's could should may
might must shall even still really much many every each any anything something nothing while during
through before again then going say said says
another instead everyone everybody someone somebody anyone anybody nobody none both either neither
several always never already maybe perhaps almost quite rather however although though until since
therefore otherwise else whether upon among across toward towards ever yet enough
too whole kind sort way ways lot lots bit actually basically simply usually often sometimes mostly
jeder jede jedes jeden jemand niemand immer nie niemals bereits vielleicht fast ganz ziemlich
obwohl deshalb trotzdem während manche manchmal oft viel viele andere anderen
chacun chaque quelqu'un personne toujours parfois souvent presque assez plutôt autre autres
cada alguien nadie siempre nunca quizás casi bastante aunque otro otra otros otras algo mucho
alguém ninguém sempre talvez quase bastante embora outro outra outros outras algo muita
ognuno qualcuno nessuno sempre mai forse quasi abbastanza anche altro altra altri altre
любой любая каждый каждая кто-то никто всегда никогда может почти довольно хотя другой другие
każdy każda ktoś nikt zawsze nigdy może prawie dość chociaż inny inna inne bardzo tylko
iedereen iemand niemand altijd nooit misschien bijna hoewel andere anders
seit schon mal jetzt hier denn dann mir mich dir dich euch ihnen sein seine ihre wieder sonst etwas
alles muss musste kann konnte soll sollte will wollte würde hätte wäre wurde werden haben hatte
allerdings beim vom zur weder zwar hast qu'il qu'elle qu'on n'est n'a c'est d'un d'une
jamais cela encore aussi sinon même alors donc car comme sans sous entre quand quoi ça où si tout
tous toute très fait faire être avoir peut faut parce chez lequel laquelle seulement sommes suis
puis jusque déjà après avant leur leurs mes tes ses nos vos
ya muy donde cuando porque todo todos ser está están hay fue había hasta desde entre sobre
já só ser está tem quando porque onde até entre sobre isto isso aquele deve pode
af skal kan som også meget hvor når hvis ikke der er jeg du min din har blev bliver
"""
_NEVER_LAST = """
doing going bez без от до pro pelo pela por sin sans sem senza ohne zonder without
"""
_BOUND_WORDS = """
a an the my your our der die das mein meine mon ma mes le la les el los mi mis meu minha
"""

#: Products and services that hardly anybody names honestly on a page about something else.
ADVERTISED = frozenset(" ".join(_ADVERTISED.split()).split(" | "))
#: Words of praise that fit any page.
PRAISE = frozenset(_PRAISE.split())
#: Words without meaning of their own; a phrase of them explains nothing.
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
#: Words that begin a phrase ("sin aval", "без вложений") but do not end one.
NEVER_LAST = frozenset(_NEVER_LAST.split())
#: Function words that belong to the word after them: no phrase is cut before them.
BOUND_WORDS = frozenset(_BOUND_WORDS.split())
#: Trade words that are also parts of personal names; one alone says nothing.
PERSONAL_WORDS = frozenset({"best", "cam", "free", "hack", "keto", "seo", "weight", "services"})
