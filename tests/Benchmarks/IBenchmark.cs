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

    /// <summary>How many workers it has unless told otherwise; null where that is not for the command line to say.</summary>
    int? Workers => null;

    /// <summary>Why this machine cannot run it, with what could be done about that; null where it can.</summary>
    string? Problem(BenchmarkOptions options) => null;

    /// <summary>Measures. Says on <paramref name="progress"/> what it is doing.</summary>
    Figures Run(BenchmarkOptions options, TextWriter progress);
}
