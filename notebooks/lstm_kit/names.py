"""Names for a network to learn: villages of a country that does not exist.

They are made up for this exercise: 82 beginnings, each with four of the eleven endings. Where one
is like a real place, that is chance.
"""

ENDINGS = tuple("combe dale fold ford haven holm mere moor stead wick worth".split())
NAMES = tuple(
    """
bilmhaven bilmstead bilmwick bilmworth braldfold braldford braldwick braldworth breldale
brelfold brelondale brelonfold brelonholm brelonstead brelstead brelwick brerncombe
brernmoor brernstead brernwick daldcombe daldfold daldhaven daldworth derrelcombe derreldale
derrelhaven derrelwick doskcombe doskford doskhaven doskstead drarnford drarnmere drarnstead
drarnwick drelmcombe drelmhaven drelmholm drelmstead drulmdale drulmhaven drulmholm
drulmstead durandale duranholm duranmoor duranwick faldford faldholm faldmere faldwick
findarcombe findardale findarmoor findarworth flemoldale flemolhaven flemolholm flemolmoor
flestcombe flestford flesthaven flestwick floskcombe floskmoor floskstead floskwick
funardale funarford funarholm funarmoor gadddale gaddhaven gaddholm gaddmere gerrolcombe
gerroldale gerrolfold gerrolmoor gorncombe gorndale gornford gornwick greldfold greldford
greldhaven greldstead grelmfold grelmford grelmstead grelmwick halddale haldhaven haldmoor
haldworth halmelcombe halmelford halmelholm halmelmoor harrolcombe harrolford harrolholm
harrolworth herncombe herndale hernfold hernmoor keckenfold keckenford keckenholm
keckenstead kelmcombe kelmholm kelmmere kelmworth keskdale keskmoor keskwick keskworth
krandcombe krandford krandhaven krandworth kreldhaven kreldmere kreldstead kreldworth
krilmfold krilmhaven krilmstead krilmworth kulorfold kulorholm kulormoor kulorworth laddford
laddhaven laddwick laddworth lelmfold lelmford lelmmoor lelmwick lonandale lonanmoor
lonanstead lonanworth luskcombe luskdale luskhaven luskworth maldford maldholm maldmoor
maldwick mellerhaven mellerholm mellermoor mellerstead mirtendale mirtenfold mirtenwick
mirtenworth muldandale muldanford muldanstead muldanwick naldcombe naldford naldholm
naldworth nelmdale nelmholm nelmmoor nelmstead nindorcombe nindorfold nindorford nindorworth
nornfold nornholm nornmere nornwick pelmdale pelmfold pelmmere pelmstead perrolcombe
perrolfold perrolmere perrolwick pildcombe pildholm pildmere pildstead plarncombe plarndale
plarnhaven plarnstead plestdale plestfold plestholm plestmere ralddale raldhaven raldmere
raldstead relmcombe relmfold relmmere relmwick reskoldale reskolhaven reskolmoor reskolstead
rindelcombe rindelhaven rindelmoor rindelstead rolmcombe rolmdale rolmmoor rolmworth
salddale saldhaven saldholm saldworth sernhaven sernmere sernmoor sernstead skadddale
skaddhaven skaddstead skaddwick skelmcombe skelmhaven skelmholm skelmwick skorncombe
skorndale skornstead skornworth someldale somelford somelstead somelwick staldcombe
staldhaven staldholm staldmere stelmfold stelmford stelmhaven stelmworth stollford stollmere
stollstead stollworth talmford talmholm talmmere talmmoor teldanford teldanhaven teldanmoor
teldanwick thaddford thaddmere thaddmoor thaddworth thernfold thernhaven thernmere
thernstead tholmcombe tholmdale tholmfold tholmholm tilddale tildholm tildstead tildworth
tindorford tindormoor tindorstead tindorworth tralorhaven tralormere tralorstead tralorworth
trenarcombe trenardale trenarholm trenarworth triskhaven triskholm triskmere triskworth
valdcombe valdfold valdhaven valdworth vellorcombe vellorford vellormoor vellorstead
virtorcombe virtorfold virtorford virtorholm voskdale voskhaven voskstead voskworth
wellandale wellanhaven wellanmere wellanwick werrolford werrolhaven werrolstead werrolworth
wundelcombe wundelfold wundelholm wundelstead
""".split()
)
