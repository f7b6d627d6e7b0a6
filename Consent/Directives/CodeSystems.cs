namespace MedLedger.Consent.Directives;

/// <summary>The code systems that consent rules are written in, and the hierarchies that decide between their codes.</summary>
internal static class CodeSystems
{
    public const string ActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    public const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    public const string Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    public const string ParticipationType = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    public const string ConsentAction = "http://terminology.hl7.org/CodeSystem/consentaction";
    public const string ConsentScope = "http://terminology.hl7.org/CodeSystem/consentscope";
    public const string ResourceTypes = "http://hl7.org/fhir/resource-types";

    private static readonly string[] Known =
    [
        ActReason,
        ActCode,
        Confidentiality,
        ParticipationType,
        ConsentAction,
        ConsentScope,
        ResourceTypes,
    ];

    /// <summary>The one instance of a system that is known here, so that comparing it is comparing references.</summary>
    public static string Shared(string system) => Array.Find(Known, one => one == system) ?? system;

    /// <summary>Actions in the order of the code system.</summary>
    public static readonly string[] Actions = ["collect", "access", "use", "disclose", "correct"];

    /// <summary>v3-ActReason, version 2018-08-12, as FHIR 4.0.1 publishes it: 280 codes.</summary>
    public static readonly CodeTree Purposes = new(
        "_ActAccommodationReason(ACCREQNA FLRCNV MEDNEC PAT)"
            + " _ActCoverageReason(_EligibilityActReasonCode(_ActIneligibilityReason(COVSUS DECSD REGERR)"
            + " _CoverageEligibilityReason(AGE CRIME DIS EMPLOY FINAN HEALTH MULTI PNC STATUTORY VEHIC WORK)))"
            + " _ActInformationManagementReason(_ActHealthInformationManagementReason(_ActConsentInformationAccessOverrideReason(OVRER"
            + " OVRINCOMP OVRPJ OVRPS OVRTPS) PurposeOfUse(HMARKT HOPERAT(CAREMGT DONAT FRAUD GOV HACCRED HCOMPL"
            + " HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN(LABELING METAMGT) MEMADMIN MILCDM"
            + " PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV(HTEST) TRAIN) HPAYMT(CLMATTCH COVAUTH COVERAGE(ELIGDTRM"
            + " ELIGVER ENROLLM MILDCRG) REMITADV) HRESCH(BIORCH CLINTRCH(CLINTRCHNPC CLINTRCHPC PRECLINTRCH) DSRCH"
            + " POARCH TRANSRCH) PATRQT(FAMRQT PWATRNY SUPNWK) PUBHLTH(DISASTER THREAT) TREAT(CLINTRL COC ETREAT(BTG"
            + " ERTREAT) POPHLTH))) _ActInformationPrivacyReason(MARKT OPERAT(LEGAL ACCRED COMPL ENADMIN OUTCOMS"
            + " PRGRPT QUALIMP SYSADMN) PAYMT RESCH SRVC)) _ActInvalidReason(ADVSTORAGE(COLDCHNBRK) EXPLOT"
            + " OUTSIDESCHED PRODRECALL) _ActInvoiceCancelReason(INCCOVPTY INCINVOICE INCPOLICY INCPROV)"
            + " _ActNoImmunizationReason(IMMUNE MEDPREC OSTOCK PATOBJ PHILISOP RELIG VACEFF VACSAF)"
            + " _ActSupplyFulfillmentRefusalReason(FRR01 FRR02 FRR03 FRR04 FRR05 FRR06)"
            + " _ClinicalResearchEventReason(RET SCH TRM UNS) _ClinicalResearchObservationReason(NPT PPT UPT)"
            + " _CombinedPharmacyOrderSuspendReasonCode(ALTCHOICE CLARIF DRUGHIGH HOSPADM LABINT NON-AVAIL PREG SALG"
            + " SDDI SDUPTHER SINTOL SURG WASHOUT) _ControlActNullificationReasonCode(ALTD EIE NORECMTCH)"
            + " _ControlActNullificationRefusalReasonType(INRQSTATE NOMATCH(NOPRODMTCH NOSERMTCH NOVERMTCH)"
            + " NOPERM(NOUSERPERM NOAGNTPERM NOUSRPERM) WRNGVER)"
            + " _ControlActReason(_MedicationOrderAbortReasonCode(DISCONT INEFFECT MONIT NOREQ NOTCOVER PREFUS"
            + " RECALL REPLACE(DOSECHG) REPLACEFIX UNABLE) _MedicationOrderReleaseReasonCode(HOLDDONE HOLDINAP)"
            + " _ModifyPrescriptionReasonType(ADMINERROR CLINMOD) _PharmacySupplyEventAbortReason(CONTRA FOABORT"
            + " FOSUSP NOPICK PATDEC QUANTCHG) _PharmacySupplyEventStockReasonCode(FLRSTCK LTC OFFICE PHARM PROG)"
            + " _PharmacySupplyRequestRenewalRefusalReasonCode(ALREADYRX FAMPHYS MODIFY NEEDAPMT NOTAVAIL NOTPAT"
            + " ONHOLD PRNA STOPMED TOOEARLY) _SupplyOrderAbortReasonCode(IMPROV INTOL NEWSTR NEWTHER))"
            + " _GenericUpdateReasonCode(CHGDATA FIXDATA MDATA NEWDATA UMDATA) _PatientProfileQueryReasonCode(ADMREV"
            + " PATCAR PATREQ PRCREV REGUL RSRCH VALIDATION)"
            + " _PharmacySupplyRequestFulfillerRevisionRefusalReasonCode(LOCKED UNKWNTARGET) _RefusalReasonCode"
            + " _SchedulingActReason(BLK DEC FIN MED MTG PHY) _StatusRevisionRefusalReasonCode(FILLED)"
            + " _SubstanceAdministrationPermissionRefusalReasonCode(PATINELIG PROTUNMET PROVUNAUTH)"
            + " _SubstanceAdminSubstitutionNotAllowedReason(ALGINT COMPCON THERCHAR TRIAL)"
            + " _SubstanceAdminSubstitutionReason(CT FP OS RR) _TransferActReason(ER RQ)"
            + " _ActBillableServiceReason(_ActBillableClinicalServiceReason) BONUS CHD DEP ECH EDU EMP ESP FAM IND"
            + " INVOICE PROA RECOV RETRO SPC SPO TRAN"
    );

    /// <summary>Information sensitivity labels of v3-ActCode (FHIR 4.0.1) that have others below them.</summary>
    public static readonly CodeTree Sensitivities = new(
        "SPI(BH(COGN DVD EMOTDIS) MH PSY PSYTHPN SUD(ETHUD OPIOIDUD)) GDIS HIV MST SCA SDV SEX STD TBOO VIO SICKLE"
    );

    /// <summary>Below ETH by IHE PCF's list of sensitivity tags; FHIR 4.0.1 has them below SUD only.</summary>
    public static readonly CodeTree AlcoholAndDrugs = new("ETH(ETHUD OPIOIDUD)");

    /// <summary>The rank of a confidentiality code, U lowest and V highest; -1 when the code is none of the six.</summary>
    public static int ConfidentialityRank(string code) => code.Length == 1 ? "ULMNRV".IndexOf(code[0]) : -1;

    /// <summary>Whether one v3-ActCode sensitivity label is the other or above it.</summary>
    public static bool LabelSubsumes(string ancestor, string label) =>
        string.Equals(ancestor, label, StringComparison.Ordinal)
        || Sensitivities.Subsumes(ancestor, label)
        || AlcoholAndDrugs.Subsumes(ancestor, label);
}
