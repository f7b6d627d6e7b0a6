return MedLedger.Api.Cli.CommandLine.Run(args);
