using Distributed.Cli;
using Distributed.Transports.Grpc;

Interrupts.EndUnhandled();
ReceiveBuffers.KeepEnough();
return await CommandLine.RunAsync(args, Shell.OfProcess());
