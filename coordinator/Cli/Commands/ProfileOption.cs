using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Distributed.Training.Profiling;

namespace Distributed.Cli.Commands;

/// <summary><c>--profile [steps]</c>: the number of steps to measure; 0 if not given.</summary>
internal static class ProfileOption
{
    private const int Default = 10;

    public static Option<int> Create() => new("--profile")
    {
        Description = "Prints the time of each phase of a step at the end, and writes a trace for chrome://tracing or Perfetto to the "
            + $"run's folder. Measures the given number of steps (default: {Default}) after {StepProfiler.WarmupSteps} warm-up steps.",
        HelpName = "steps",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Parse,
    };

    private static int Parse(ArgumentResult result)
    {
        if (result.Tokens.Count == 0) return Default;
        var word = result.Tokens[0].Value;
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var steps)
            && steps is >= 1 and <= StepProfiler.MaxSteps) return steps;
        result.AddError($"--profile {word}: allowed: a number of steps from 1 to {StepProfiler.MaxSteps}, or no value for {Default} steps. "
            + "Put a job file before --profile.");
        return 0;
    }
}
