using System.Reflection;

namespace Distributed.Protocol.Versions;

/// <summary>The versions of the wire contract and of the program.</summary>
public static class ProtocolVersion
{
    /// <summary>Version of the messages in <c>protos/</c>. Raise it with every change that an older side would misinterpret.</summary>
    public const int Current = 3;

    /// <summary>Version of the program.</summary>
    public static string Program
    {
        get;
    } = typeof(ProtocolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    /// <summary>Why a worker of another version cannot join; null if it can.</summary>
    /// <param name="hello">The worker's first message.</param>
    public static string? Refusal(
        Hello hello) => hello.ProtocolVersion == Current && (hello.ProgramVersion.Length == 0 || hello.ProgramVersion == Program)
        ? null
        : $"worker {hello.Worker?.Name} uses version {hello.ProtocolVersion} of the protocol "
            + $"(program {(hello.ProgramVersion.Length == 0 ? "unknown" : hello.ProgramVersion)}), "
            + $"this coordinator uses version {Current} (program {Program}): run the same release on both.";
}
