using Distributed.Benchmarks;

return BenchmarkCommand.Create().Parse(args).Invoke();
