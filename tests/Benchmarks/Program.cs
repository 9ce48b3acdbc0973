using Distributed.Benchmarks;
using Distributed.Transports.Grpc;

ReceiveBuffers.RaisePoolLimit(); // as in the command line
var parsed = BenchmarkCommand.Create().Parse(args);
var status = parsed.Invoke();
return parsed.Errors.Count > 0 ? 2 : status; // 2: the benchmark could not start, as in the command line
