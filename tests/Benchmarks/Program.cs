using Distributed.Benchmarks;
using Distributed.Transports.Grpc;

ReceiveBuffers.KeepEnough(); // as the command line does
var parsed = BenchmarkCommand.Create().Parse(args);
var status = parsed.Invoke();
return parsed.Errors.Count > 0 ? 2 : status; // as the command line: it could not begin
