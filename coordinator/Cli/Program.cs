using Distributed.Cli;
using Distributed.Cli.Resources;
using Distributed.Transports.Grpc;

Interrupts.EndUnhandled();
ReceiveBuffers.RaisePoolLimit();
var terminal = CommandOutput.OfProcess();
// Checked before the verbs run, because their libraries would fail to load.
return OpenFiles.Problem("This program", OpenFiles.Least) is { } problem
    ? CommandLine.Report(terminal, args.Contains("--json"), problem, ExitStatus.BadInput)
    : await CommandLine.RunAsync(args, terminal);
