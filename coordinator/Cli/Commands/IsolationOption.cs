using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>How the workers of <c>train</c> are isolated from each other.</summary>
internal enum Isolation
{
    /// <summary>Workers are threads of this process.</summary>
    InProcess,

    /// <summary>Each worker is a process on this machine.</summary>
    Process,
}

/// <summary><c>--isolation in-process|process</c>.</summary>
internal static class IsolationOption
{
    private static readonly Dictionary<string, Isolation> ByName = new()
    {
        ["in-process"] = Isolation.InProcess, ["process"] = Isolation.Process
    };

    public static Option<Isolation> Create()
    {
        return new Option<Isolation>("--isolation")
        {
            Description = "Runs workers as threads of this process (in-process, the default) or as processes on this machine (process).",
            HelpName = string.Join('|', ByName.Keys),
            CustomParser = result =>
            {
                if (ByName.TryGetValue(result.Tokens[0].Value, out var isolation)) return isolation;
                result.AddError($"--isolation {result.Tokens[0].Value}: allowed: {string.Join(", ", ByName.Keys)}.");
                return default;
            },
        };
    }
}
