using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Distributed.Training.Profiling;

namespace Distributed.Cli.Commands;

/// <summary><c>--profile [steps]</c>: how many steps are measured; 0 where it is not given.</summary>
internal static class ProfileOption
{
    private const int Default = 10;

    public static Option<int> Create() => new("--profile")
    {
        Description = $"Shows at the end which parts of a step its time goes to, and writes a trace for chrome://tracing or Perfetto into the run's folder. Measures {Default} steps, or as many as given, after {StepProfiler.WarmupSteps} of warm-up.",
        HelpName = "steps",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Parse,
    };

    private static int Parse(ArgumentResult result)
    {
        if (result.Tokens.Count == 0) return Default;
        var word = result.Tokens[0].Value;
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps is >= 1 and <= StepProfiler.MaxSteps) return steps;
        result.AddError($"--profile {word}: allowed: a number of steps from 1 to {StepProfiler.MaxSteps}, or none for {Default}. A job file stands before it.");
        return 0;
    }
}
