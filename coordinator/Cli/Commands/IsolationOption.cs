using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>Where the workers of <c>train</c> are.</summary>
internal enum Isolation
{
    /// <summary>Threads of this process.</summary>
    InProcess,

    /// <summary>Processes of their own on this machine.</summary>
    Process,
}

/// <summary><c>--isolation in-process|process</c>.</summary>
internal static class IsolationOption
{
    private static readonly Dictionary<string, Isolation> Words = new() { ["in-process"] = Isolation.InProcess, ["process"] = Isolation.Process };

    public static Option<Isolation> Create()
    {
        return new Option<Isolation>("--isolation")
        {
            Description = "Whether workers are threads of this process (in-process, the default) or processes of their own on this machine (process).",
            HelpName = string.Join('|', Words.Keys),
            CustomParser = result =>
            {
                if (Words.TryGetValue(result.Tokens[0].Value, out var isolation)) return isolation;
                result.AddError($"--isolation {result.Tokens[0].Value}: allowed: {string.Join(", ", Words.Keys)}.");
                return default;
            },
        };
    }
}
