using Distributed.Cli;
using Distributed.Transports.Grpc;

ReceiveBuffers.KeepEnough();
return await CommandLine.RunAsync(args, Shell.OfProcess());
