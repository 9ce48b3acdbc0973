using Distributed.Cli;
using Distributed.Cli.Resources;
using Distributed.Transports.Grpc;

Interrupts.EndUnhandled();
ReceiveBuffers.KeepEnough();
var shell = CommandOutput.OfProcess();
// Before the verbs, whose libraries would not load.
return OpenFiles.Problem("This program", OpenFiles.Least) is { } problem
    ? CommandLine.Report(shell, args.Contains("--json"), problem, ExitStatus.BadInput)
    : await CommandLine.RunAsync(args, shell);
