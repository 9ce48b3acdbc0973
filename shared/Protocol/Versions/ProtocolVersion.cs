using System.Reflection;

namespace Distributed.Protocol.Versions;

/// <summary>Which contract this program speaks, and which program it is.</summary>
public static class ProtocolVersion
{
    /// <summary>Of the messages in <c>protos/</c>; raised by every change that an older side would misunderstand.</summary>
    public const int Current = 3;

    /// <summary>Of the program, for people.</summary>
    public static string Program { get; } = typeof(ProtocolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Why a worker of another version cannot join; null where it can.</summary>
    /// <param name="hello">What it says of itself.</param>
    public static string? Refusal(Hello hello) => hello.ProtocolVersion == Current && (hello.ProgramVersion.Length == 0 || hello.ProgramVersion == Program)
        ? null
        : $"worker {hello.Worker?.Name} speaks version {hello.ProtocolVersion} of the protocol (program {(hello.ProgramVersion.Length == 0 ? "before versions" : hello.ProgramVersion)}), "
            + $"this coordinator speaks version {Current} (program {Program}): run the same release on both.";
}
