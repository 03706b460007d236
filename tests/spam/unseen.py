# ruff: noqa: E501 - a comment reads better in one line
"""Comments written for the tests, in languages and on subjects outside the training data."""

from __future__ import annotations

HONEST = {
    "de": [
        "Danke für den Artikel, bei mir lief es erst nach einem Neustart des Dienstes.",
        "Das sehe ich anders: im zweiten Absatz fehlt der Vergleich mit der alten Version.",
        "Gibt es die Folien vom Vortrag irgendwo zum Nachlesen?",
    ],
    "es": [
        "Muchas gracias por la explicación, llevaba dos días atascado con este error.",
        "No estoy de acuerdo con el último punto, en mi pueblo se hace de otra manera.",
        "¿Funciona también con la versión anterior o hay que actualizar primero?",
    ],
    "it": [
        "Grazie mille, anche a me si bloccava sempre al secondo passaggio.",
        "Bella foto! Siamo passati di lì l'anno scorso, ma pioveva tutto il giorno.",
        "Secondo me manca un pezzo nello script, la variabile non viene mai letta.",
    ],
    "nl": [
        "Bedankt voor de uitleg, ik had precies hetzelfde probleem na de update.",
        "Mooie wandeling, wij liepen hem vorig jaar andersom.",
    ],
    "pl": [
        "Dzięki za wpis, u mnie pomogło dopiero usunięcie starego pliku.",
        "Czy ktoś sprawdzał, jak to działa na starszym systemie?",
        "Nie zgadzam się, w drugiej części jest błąd w obliczeniach.",
    ],
    "tr": [
        "Teşekkürler, aynı sorun bende de vardı ve bu yazı sayesinde çözdüm.",
        "İkinci adımda hata alıyorum, sürüm farkından olabilir mi?",
        "Çok güzel anlatmışsın, devamını merakla bekliyorum.",
    ],
    "ja": [
        "同じエラーで困っていたので、とても助かりました。",
        "この写真の場所、去年の秋に行きました。紅葉がきれいでしたね。",
        "二番目の手順がうまくいかないのですが、原因は何でしょうか。",
    ],
    "zh": [
        "谢谢分享，我也遇到了同样的问题，重启之后就好了。",
        "第二步好像有个错误，变量没有被读取。",
        "照片拍得真好，请问是哪个季节去的？",
    ],
    "ar": [
        "شكرا على الشرح، كنت أبحث عن حل لهذه المشكلة منذ أيام.",
        "هل يعمل هذا مع الإصدار القديم أيضا؟",
        "لا أتفق معك في النقطة الأخيرة، التجربة عندنا مختلفة.",
    ],
    "hi": [
        "बहुत अच्छी जानकारी, मुझे भी यही समस्या आ रही थी।",
        "क्या यह पुराने संस्करण के साथ भी काम करेगा?",
        "दूसरे चरण में कुछ गलती लगती है, कृपया देख लें।",
    ],
    "ru": [
        "Спасибо за статью, у меня заработало только после перезагрузки.",
        "Не согласен с последним пунктом, раньше было иначе.",
        "А есть ли способ сделать то же самое на старой версии?",
    ],
    "sv": [
        "Tack för genomgången, det löste mitt problem direkt.",
        "Fungerar det här även med den äldre versionen?",
    ],
}

SPAM = {
    "en": [
        "Buy generic viagra and cialis online, no prescription needed http://best-meds-shop.biz",
        "Play at the best online casino, 200% welcome bonus and free spins: www.luckyspin777.top",
        "Do you need an urgent loan? We offer loans at 3% interest rate, contact us quickloan@mail.com",
        "Great article! Our SEO agency will get your site to page one of Google http://rank-fast.io/offer",
        "Cheap essay writing service, order your dissertation now https://essays4u.online",
        "I invested 500$ in bitcoin with Mrs Anna and got 7000$ in a week, whatsapp her +1 555 010 2233",
        "Call the printer support helpline number 1-800-555-0199 for antivirus tech support",
        "Hot girls in your city want sex tonight, adult dating http://meet-now.xyz",
    ],
    "de": [
        "Sofortkredit ohne Schufa und Online Casino Bonus, jetzt klicken http://kredit-sofort24.biz"
    ],
    "es": ["Préstamos rápidos sin aval y casino online con bono, visita http://dinero-ya.info"],
    "it": ["Casino online con bonus e prestiti veloci, clicca qui http://soldi-subito.biz"],
    "pl": ["Szybka pożyczka bez bik, kasyno online bonus, kliknij http://pozyczka24.info"],
    "tr": ["Canlı bahis ve casino siteleri, bonus için tıkla http://bahis-bonus.top"],
    "ru": ["Онлайн казино с бонусом, быстрые займы на карту, переходи http://kazino-bonus.top"],
    "zh": ["最好的在线赌场，注册送奖金，点击 http://casino-bonus88.top"],
    "ja": ["オンラインカジノで簡単に稼げる！今すぐ登録 http://casino-jp.xyz"],
    "ar": ["افضل كازينو اون لاين مع بونص مجاني سجل الان http://casino-arab.top"],
    "hi": ["ऑनलाइन कैसीनो बोनस, घर बैठे पैसे कमाएं, अभी क्लिक करें http://casino-india.top"],
    "fr": [
        "Crédit rapide sans justificatif et casino en ligne, cliquez ici http://credit-vite.biz"
    ],
    "pt": ["Empréstimo rápido e cassino online com bônus, clique aqui http://dinheiro-facil.top"],
}
