using Distributed.Cli;
using Distributed.Cli.Resources;
using Distributed.Transports.Grpc;

Interrupts.EndUnhandled();
ReceiveBuffers.RaisePoolLimit();
var streams = CommandOutput.OfProcess();
// Checked before the verbs run, because their libraries would fail to load.
return OpenFiles.Problem("This program", OpenFiles.Min) is { } problem
    ? CommandLine.Report(streams, args.Contains("--json"), problem, ExitStatus.BadInput)
    : await CommandLine.RunAsync(args, streams);
