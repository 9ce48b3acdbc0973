namespace Distributed.Benchmarks;

/// <summary>Something that is measured in rounds, so that what is compared meets the same machine.</summary>
internal interface IBenchmark
{
    /// <summary>Its word on the command line.</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Description { get; }

    /// <summary>Whether its workers can be processes of their own.</summary>
    bool HasProcesses => false;

    /// <summary>Measures. Says on <paramref name="progress"/> what it is doing.</summary>
    Figures Run(BenchmarkOptions options, TextWriter progress);
}
