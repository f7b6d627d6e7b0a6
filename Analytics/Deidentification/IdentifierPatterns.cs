using System.Text.RegularExpressions;

namespace MedLedger.Analytics.Deidentification;

/// <summary>Identifiers that can be told by their form or by the label before them. Every repetition is bounded.</summary>
internal static partial class IdentifierPatterns
{
    private const RegexOptions Loose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
    private const int Timeout = 5000;
    private const string Months =
        "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)";
    private const string Label =
        @"(?:\s*(?:number|no|num|nr|id|code|\#))?\s{0,2}[.:\#]{0,2}\s{0,3}(?:is\s|was\s|of\s)?\s?\#?\s?";

    // A value has a digit somewhere: "MRN unknown" is none.
    private const string Form = @"(?=[A-Z\-]{0,12}\d)[A-Z0-9][A-Z0-9\-./]{2,24}[A-Z0-9](?![A-Z0-9])";
    private const string Value = "(?<v>" + Form + ")";

    // "W8827 33910": more of the number after a space, but no measure.
    private const string SpacedValue =
        "(?<v>" + Form + @"(?:[ ]\d{3,6}(?![\d/.%]|\s?(?:mc?g|ml|[cm]m|k?g|bpm|years?|y/?o)\b)){0,4})";

    /// <summary>The patterns in order of trust; a group <c>v</c> is the identifier when there is one.</summary>
    public static IReadOnlyList<(IdentifierKind Kind, Regex Pattern)> All { get; } =
    [
        (IdentifierKind.Email, Email()),
        (IdentifierKind.Device, DeviceIdentifier()),
        (IdentifierKind.Url, Url()),
        (IdentifierKind.Photo, Photo()),
        (IdentifierKind.Ip, Ip()),
        (IdentifierKind.Vehicle, Vehicle()),
        (IdentifierKind.Ssn, Ssn()),
        (IdentifierKind.Fax, Fax()),
        (IdentifierKind.Phone, LabelledPhone()),
        (IdentifierKind.Account, Iban()),
        (IdentifierKind.Account, Card()),
        (IdentifierKind.Mrn, Mrn()),
        (IdentifierKind.Plan, Plan()),
        (IdentifierKind.Account, Account()),
        (IdentifierKind.Licence, Licence()),
        (IdentifierKind.Device, Device()),
        (IdentifierKind.Biometric, Biometric()),
        (IdentifierKind.Date, Date()),
        (IdentifierKind.Phone, Phone()),
        (IdentifierKind.Other, Other()),
        (IdentifierKind.Age, Age()),
        (IdentifierKind.Place, Street()),
        (IdentifierKind.Place, StreetAbroad()),
        (IdentifierKind.Place, Military()),
        (IdentifierKind.Place, Zip()),
        (IdentifierKind.Place, Facility()),
        (IdentifierKind.Name, Titled()),
        (IdentifierKind.Name, Labelled()),
        (IdentifierKind.Name, Called()),
        (IdentifierKind.Name, Credentialed()),
        (IdentifierKind.Name, Inverted()),
    ];

    /// <summary>A flat of an address whose street was not found, and the postcode after it.</summary>
    public static Regex Flat { get; } = Dwelling();

    [GeneratedRegex(
        @"[A-Z0-9._%+\-]{1,64}@[A-Z0-9\-]{1,63}(?:\.[A-Z0-9\-]{1,63}){1,5}|\b[A-Z0-9._+\-]{2,64}\s[(\[]?at[)\]]?\s[A-Z0-9\-]{2,40}\s[(\[]?dot[)\]]?\s(?:com|org|net|edu|gov)\b",
        Loose,
        Timeout
    )]
    private static partial Regex Email();

    [GeneratedRegex(
        @"\b(?:https?://|ftp://|www\.)[^\s<>""')\]]{2,300}(?<![.,;:])|\b(?:[a-z0-9\-]{2,40}\.){1,4}(?:com|org|net|edu|gov|io|info|co\.uk)\b(?:/[^\s<>""')\]]{0,200}(?<![.,;:]))?",
        Loose,
        Timeout
    )]
    private static partial Regex Url();

    [GeneratedRegex(@"\b[A-Z0-9_\-]{1,60}\.(?:jpe?g|png|tiff?|heic|gif|bmp|dcm)\b", Loose, Timeout)]
    private static partial Regex Photo();

    [GeneratedRegex(
        @"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]\d|\d)|(?<![\w:])(?=[0-9a-f]{1,4}:[0-9a-f:]{0,35}::?[0-9a-f]|::[0-9a-f]{2,4}:)(?=[0-9a-f:]{0,40}::|(?:[0-9a-f]{1,4}:){7})(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])|\b(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2}\b",
        Loose,
        Timeout
    )]
    private static partial Regex Ip();

    [GeneratedRegex(
        @"\b(?i:(?=[A-HJ-NPR-Z0-9]{0,16}\d)(?=[A-HJ-NPR-Z0-9]{0,16}[A-HJ-NPR-Z])(?<v>[A-HJ-NPR-Z0-9]{17}))\b|\b(?i:licen[cs]e plate|number plate|vehicle registration|registration plate|tag number|plate)"
            + Label
            + @"(?<v>(?=[A-Z \-]{0,8}\d)(?=[\d \-]{0,8}[A-Z])[A-Z0-9]{1,5}[ \-]?[A-Z0-9]{2,5})\b",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Vehicle();

    [GeneratedRegex(
        @"(?<![\d\-])\d{3}-\d{2}-\d{4}(?![\d\-])|\b(?:ssn|ss\#|soc(?:ial)? sec(?:urity)?)"
            + Label
            + @"(?<v>(?:\d{3}[\- ]?\d{2}[\- ]?\d{4}|[Xx*]{3}-?[Xx*]{2}-?\d{4}))(?!\d)"
            + @"|\b(?:ssn|soc(?:ial)?(?: sec(?:urity)?)?(?: number)?)\s(?:ending|ends)\s(?:in|with)\s(?<v>\d{4})(?!\d)"
            + @"|\blast\s(?:4|four)\s(?:digits\s)?(?:of\s)?(?:the\s|her\s|his\s)?(?:ssn|social(?:\ssecurity)?(?:\snumber)?)\W{1,3}(?:is\s)?(?<v>\d{4})(?!\d)",
        Loose,
        Timeout
    )]
    private static partial Regex Ssn();

    [GeneratedRegex(
        @"\b(?:(?:fax|facsimile)(?:ed to|\s(?:the\s)?(?:\w+\s){0,3}to)?|f(?=\s?[:.]))"
            + Label
            + @"(?:at\s|to\s)?(?<v>\+?[\d(][\d()\-. /]{5,18}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?)(?!\d)",
        Loose,
        Timeout
    )]
    private static partial Regex Fax();

    [GeneratedRegex(
        @"\b(?:phone|tel|telephone|cell|mobile|pager|beeper|ph|call|contact|reached at|ext|extension|callback)"
            + Label
            + @"(?:at\s|on\s)?(?!(?:911|112|999|988)(?![\d\-. /]{0,2}\d))(?<v>\+?[\d(](?:[\d()\-. /]|\sext\.?\s|x){1,22}\d)(?!\d)",
        Loose,
        Timeout
    )]
    private static partial Regex LabelledPhone();

    [GeneratedRegex(
        @"(?<![\d\-./])(?:\+\d{1,3}[\s.\-]?)?(?:\(\d{2,4}\)\s?|\d{3}[\s.\-])\d{3}[\s.\-]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\d\-])|(?<![\d\w])\+\d{1,3}[\s.\-]?(?:\(?\d{1,5}\)?[\s.\-]?){2,5}\d{2,4}(?!\d)|(?<![\d\-.\w])1[\-.\s]\d{3}[\-.\s]\d{3}[\-.\s]\d{4}(?!\d)|(?<![\d\-.\w/])\d{3}-\d{4}(?![\d\-])|(?<![\d\-.\w/])0\d{2,4}[\s\-]\d{3,4}[\s\-]?\d{3,4}(?!\d)|(?<![\w\-])\d{3}-\d{3}-\d{4}(?:x\d{1,6})?",
        Loose,
        Timeout
    )]
    private static partial Regex Phone();

    [GeneratedRegex(
        @"\b(?:mrn|mr\s?\#|med(?:ical)? rec(?:ord)?s?|hospital (?:number|no|id)|patient (?:id|number|no|identifier|\#)|chart|unit (?:number|no)|nhs|urn|pt id)(?:\s(?:number|no))?"
            + Label
            + Value
            + @"|\b(?<v>MRN[\- ]?\d{4,12})\b|\bnhs(?:\s(?:number|no))?"
            + Label
            + @"(?<v>\d{3}[ \-]\d{3}[ \-]\d{4})(?!\d)",
        Loose,
        Timeout
    )]
    private static partial Regex Mrn();

    [GeneratedRegex(
        @"\b(?:health plan|insurance|member|policy|subscriber|beneficiary|medicare|medicaid|group|hicn|mbi|payer|plan)(?:\s(?:beneficiary|member|policy|plan|subscriber|insurance|group))?(?:\s(?:number|no|id|\#))?"
            + Label
            + SpacedValue,
        Loose,
        Timeout
    )]
    private static partial Regex Plan();

    [GeneratedRegex(
        @"\b(?:account|acct|billing|bank account|invoice|claim|routing|credit card|card)(?:\s(?:number|no|id|\#))?"
            + Label
            + SpacedValue,
        Loose,
        Timeout
    )]
    private static partial Regex Account();

    [GeneratedRegex(@"(?<![\w\-])(?:\d{4}[ \-]?){3}\d{1,7}(?![\d\-])", Loose, Timeout)]
    private static partial Regex Card();

    [GeneratedRegex(
        @"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Iban();

    [GeneratedRegex(
        @"\b(?:(?:driver'?s?'?\s)?licen[cs]e|dl|dea|npi|passport|certificate|cert|board certification|medical license)(?:\s(?:number|no|id|\#))?"
            + Label
            + @"(?:[A-Z]{2}\s)?"
            + Value,
        Loose,
        Timeout
    )]
    private static partial Regex Licence();

    [GeneratedRegex(
        @"\b(?:serial|device|s/n|sn|lot|udi|implant|pacemaker|icd|model|imei)(?:\s(?:serial|id|lot))?(?:\s(?:number|no|\#))?"
            + Label
            + @"(?<v>(?=[A-Z\-]{0,12}\d[A-Z\-]{0,12}\d)[A-Z0-9][A-Z0-9\-./]{3,30}[A-Z0-9])(?![A-Z0-9])",
        Loose,
        Timeout
    )]
    private static partial Regex Device();

    // GS1: a device identifier and what is printed with it (21 CFR 830).
    [GeneratedRegex(@"\(01\)\d{14}(?:\(\d{2,3}\)[A-Z0-9\-./]{1,20}){0,6}", Loose, Timeout)]
    private static partial Regex DeviceIdentifier();

    [GeneratedRegex(
        @"\b(?:finger\s?print|voice\s?print|retinal? scan|iris scan|face\s?print|biometric|palm print|dna profile)(?:\s(?:id|template|hash|record|code))?(?:\s(?:number|no|\#))?"
            + Label
            + Value,
        Loose,
        Timeout
    )]
    private static partial Regex Biometric();

    [GeneratedRegex(
        @"(?<![\d./\-])(?:"
            + @"(?:19|20)\d{2}[\-/.](?:0?[1-9]|1[0-2])[\-/.](?:0?[1-9]|[12]\d|3[01])(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+\-]\d{2}:?\d{2})?)?"
            + @"|(?:0?[1-9]|[12]\d|3[01])(?<between>[/.\-])(?:0?[1-9]|[12]\d|3[01])\k<between>(?:(?:18|19|20)\d{2}|\d{2})"
            + @"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[\s\-.]{0,2}(?:of\s)?"
            + Months
            + @"\.?,?(?:[\s\-.]{0,2}(?:(?:18|19|20)\d{2}|'\d{2}))?(?![A-Za-z\d])"
            + @"|"
            + Months
            + @"\.?[\s\-]{1,2}(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,?\s?(?:(?:18|19|20)\d{2}|'\d{2}))?(?![\d%A-Za-z]|\s?(?:mg|ml|cm|mm))"
            + @"|"
            + Months
            + @"\.?,?\s(?:of\s)?(?:18|19|20)\d{2}(?!\d)"
            + @"|(?:0?[1-9]|[12]\d|3[01])"
            + Months
            + @"(?:18|19|20)?\d{2}(?!\d)"
            + @"|(?:0?[1-9]|1[0-2])/(?:19|20)\d{2}(?!\d)"
            + @"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
            + @")(?![\d/])|\b(?:on|since|dated?|until|by|of|from|seen|dos|follow[ \-]?up|f/u|appt|appointment|admitted|discharged|d/c(?:'?e?d)?|surgery|visit|returns?|here)\s(?<v>(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01]))(?![\d/.]|\s?(?:tab|pill|cap|dose|ns\b|cup|teasp|tsp|hour|hr|day|week|of\b))",
        Loose,
        Timeout
    )]
    private static partial Regex Date();

    [GeneratedRegex(
        @"(?<![\d.])(?<v>9\d|1[0-4]\d)(?=[\s\-]{0,2}(?:y(?:ea)?rs?|y\.?/?o\.?|yo)\b(?!\s(?:ago|later|before|prior|earlier|after)))|\b(?:age|aged|age of)\s{0,2}:?\s{0,3}(?<v>9\d|1[0-4]\d)(?![\d.%])"
            // "94F with dementia", but not a temperature of 99F.
            + @"|(?<![\d.]|\b(?:t|temp|temperature|tmax|tm|fever|of|to|at|was|is)\W{0,3})\b(?<v>9\d|1[0-4]\d)[ ]?(?:[MF]|male|female)(?=\s(?:with|w/|who|h/o|hx|c/o|s/p|p/w|presents|presenting|presented|admitted|adm|from|found|brought|b/l|on)(?![a-z]))"
            + @"|\b(?<v>ninety(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one)\shundred(?:\s(?:and\s)?[a-z]{3,9})?)(?=[\s\-](?:(?:years?|yrs?)[\s\-]old|y/?o)\b)",
        Loose,
        Timeout
    )]
    private static partial Regex Age();

    [GeneratedRegex(
        @"\b(?:accession|specimen|case|order|encounter|visit|study|sample|reference|ref|csn|fin|id|identifier|tracking|pin|slide|requisition|trial|subject|room|bed|admission|file)(?:\s(?:number|no|id|\#))?\s{0,2}[.:\#]{1,2}\s{0,3}\#?"
            + Value
            + @"|\b(?:accession|specimen|encounter|requisition|tracking|csn|study|subject|trial|participant|sample|badge|employee|student|case|file|military|service)\s(?:number|no|id|\#)\.?\s{0,2}:?\s?\#?"
            + Value
            + @"|\b(?:accession|specimen|encounter|requisition|csn|case|subject|participant)\s(?<v>(?=[A-Z\-]{0,6}\d(?:[A-Z\-]{0,4}\d){4})[A-Z0-9][A-Z0-9\-]{4,20}[A-Z0-9])(?![A-Z0-9])"
            + @"|\b(?:room|rm|bed)\s\#?(?<v>\d{2,4}[A-Z]?)(?![\w.%/])"
            + @"|\#\s?(?<v>\d{5,12})(?!\d)",
        Loose,
        Timeout
    )]
    private static partial Regex Other();

    [GeneratedRegex(
        @"\b\d{1,6}[A-Z]?\s(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.?\s)?(?:[A-Z][\w'’.\-]{1,24}\s){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Terrace|Ter|Close|Crescent|Circle|Cir|Parkway|Pkwy|Highway|Hwy|Square|Sq|Trail|Loop|Walk)\b\.?(?:,?\s(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|\#)\.?\s?[\w\-]{1,6})?(?:,?\s{1,2}(?:[A-Z][\w'’\-]{1,20}\s?){1,3},?\s[A-Z]{2}\.?\s{1,2}\d{5}(?:-\d{4})?)?|\bP\.?\s?O\.?\sBox\s\d{1,7}",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Street();

    // Street words that come before the name or are its last part, and Hungarian ones after it.
    [GeneratedRegex(
        @"\b(?:Via|Viale|Vicolo|Piazza|Corso|Rue|Quai|Chaussée|Avenue|Boulevard|Calle|Carrer|Passeig|Paseo|Ronda|Camino|Rua|Rúa|Avenida|Avda\.?|Alameda|Estrada|Travessa|Praça|Plaza|Largo|[Uu]l\.)\s(?:d[aeiou]l?\s|de\sla\s|des\s)?(?:\p{Lu}[\p{L}'’\-]{1,24}[ ,]{1,2}){1,4}\d{1,5}[A-Za-z]?\b"
            + @"|\b\p{Lu}\p{L}{2,24}(?:strasse|straße|straat|gasse|weg|laan|gatan|gata|vägen|vegen|vej|katu|kuja|tie|tänav)\s\d{1,5}[A-Za-z]?\b"
            + @"|\b(?:\p{Lu}\p{L}{1,24}\s){1,3}(?:u|út|utca|tér|krt|rkp)\.?\s\d{1,5}\.?",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex StreetAbroad();

    [GeneratedRegex(
        @"\b(?:Apt|Apartment|Suite|Ste)\b\.?\s\#?\d{1,5}[A-Z]?\b(?:\s\d{4,5}\b(?![\d.%/]))?",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Dwelling();

    // USPS Publication 28: military and diplomatic addresses.
    [GeneratedRegex(
        @"\b(?:PSC|CMR|Unit|USN[SV])\s[\p{L}\d]{2,20},?(?:\sBox\s\d{1,5})?\s{1,2}(?:APO|FPO|DPO)\s[A-Z]{2}\s\d{5}(?:-\d{4})?\b",
        Loose,
        Timeout
    )]
    private static partial Regex Military();

    [GeneratedRegex(
        @"\b(?<v>(?:[A-Z][\w'’\-]{1,20}\s?){1,3},\s[A-Z]{2}\s{1,2}\d{5}(?:-\d{4})?)\b|\b(?i:zip code|zip|postal code|postcode)"
            + Label
            + @"(?<v>(?=[A-Z\- ]{0,4}\d)[A-Z0-9][A-Z0-9\- ]{1,8}[A-Z0-9])\b|\b[A-Z]{2}\s(?<v>\d{5}(?:-\d{4})?)\b",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Zip();

    [GeneratedRegex(
        @"\b(?:(?:St|Mt)\.?\s|Saint\s|Mount\s)?(?:(?!The\b|Our\b|This\b|Outside\b|From\b|At\b|To\b|In\b|An\b|A\b|Local\b|Another\b)[A-Z][\w'’.\-]{1,24}\s){1,4}(?:(?:General|Regional|Community|Memorial|University|Children's|Veterans|County|District|City|Medical|Health|Rehabilitation|Cancer|Surgery|Care)\s){0,3}(?:Hospital|Medical Center|Medical Centre|Clinic|Health Center|Health Centre|Nursing Home|Rehabilitation Center|Cancer Center|Infirmary|Hospice|Family Practice|Surgery Center|Health System)\b",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Facility();

    [GeneratedRegex(
        @"\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Professor|Doctor|Nurse|DR|MR|MRS|MS|Sister|Rev|Sr|Sra|Mme|Herr|Frau)\b\.?\s{1,2}(?<v>(?:[A-Z]\.\s?){0,3}(?:(?:van|von|de|der|den|la|le|di|da|al|el|bin|Van|Von|De|La|Le|Di|Da|Mc|O'|O’|D'|St\.)\s?){0,3}\p{Lu}[\p{L}'’\-]{0,30}(?:\s(?:\p{Lu}\.\s)?\p{Lu}[\p{L}'’\-]{1,30}){0,2})",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Titled();

    [GeneratedRegex(
        @"(?:\b(?i:patient(?:'s)? name|patient|name|pt name|attending(?: physician)?|resident|referring physician|physician|provider|pcp|dictated by|electronically signed by|signed by|signed|surgeon|radiologist|pathologist|cc|emergency contact|next of kin|guardian|re|contact|author|transcribed by|reviewed by|nurse|mother|father|spouse|wife|husband|son|daughter)\s{0,2}:[ \t]{0,6}(?:Dr\.?\s)?)(?<v>\p{Lu}[\p{L}'’\-]{1,30}(?:,?[ \t]{1,2}\p{Lu}[\p{L}'’\-]{0,30}\.?){1,3})(?=\s|[,.;()]|$)",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Labelled();

    // "Her maiden name is", "last name?": then also in small letters.
    [GeneratedRegex(
        @"\b(?i:(?:my|your|his|her|their|patient'?s?|first|last|maiden|middle|family|full)\s(?:full\s)?name(?:\s(?:is|was)|\?|\s?:))[ \t]{1,4}(?<v>(?!(?i:not|unknown|withheld|the|a|an)\b)\p{L}[\p{L}'’\-]{1,30}(?:\s(?:\p{Lu}\.?\s)?\p{Lu}[\p{L}'’\-]{1,30}){0,2})",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Called();

    [GeneratedRegex(
        @"(?<v>\p{Lu}[\p{L}'’\-]{1,30}(?:\s\p{Lu}\.?){0,2}(?:\s\p{Lu}[\p{L}'’\-]{1,30}){0,2}),?\s(?:M\.?D\.?|D\.?O\.?|R\.?N\.?|Ph\.?D\.?|N\.?P\.?|P\.?A\.?-?C?|F\.?N\.?P\.?|DDS|DPM|MBBS|LCSW|PharmD|CRNA|FACC|FACS)(?![\p{L}])",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Credentialed();

    // "SMITH, JOHN A.", but not "CALCIUM, VITAMIN D".
    [GeneratedRegex(
        @"(?<v>\b[A-Z]{2,20}(?:[\-'’][A-Z]{2,20})?,\s(?!(?:VITAMIN|HEPATITIS|TYPE|GROUP|CLASS|STAGE|GRADE|FACTOR|INFLUENZA|PLAN|PART|STREP|PHASE|AND|OR|NO|NOT|WITH)\b)[A-Z]{2,15}\s[A-Z]\b\.?)",
        RegexOptions.CultureInvariant,
        Timeout
    )]
    private static partial Regex Inverted();
}
