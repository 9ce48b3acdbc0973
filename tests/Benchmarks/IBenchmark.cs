namespace Distributed.Benchmarks;

/// <summary>
/// A benchmark. It measures in rounds and alternates the compared operations, so that they run under the same conditions.
/// </summary>
internal interface IBenchmark
{
    /// <summary>Name of the command.</summary>
    string Name { get; }

    /// <summary>Description for the help, one line.</summary>
    string Description { get; }

    /// <summary>Whether the workers can be separate processes.</summary>
    bool HasProcesses => false;

    /// <summary>Default number of workers; null if the command line cannot set the number.</summary>
    int? Workers => null;

    /// <summary>Returns why this machine cannot run the benchmark, with a fix; null if it can.</summary>
    string? Problem(BenchmarkOptions options) => null;

    /// <summary>Measures, and reports progress to <paramref name="progress"/>.</summary>
    Figures Run(BenchmarkOptions options, TextWriter progress);
}
