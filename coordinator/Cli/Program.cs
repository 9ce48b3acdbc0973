using Distributed.Cli;

return await CommandLine.RunAsync(args, Shell.OfProcess());
