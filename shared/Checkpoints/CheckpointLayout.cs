using System.Globalization;

namespace Distributed.Checkpoints;

/// <summary>
/// The names of files and folders on disk. Below the root of a job's checkpoints:
/// <code>
/// latest                    name of the newest published folder
/// step-00000200/            a committed checkpoint
///   manifest.json
///   weights-rank-00000.safetensors
///   optimizer-rank-00000.safetensors
/// step-00000400.tmp-7/      being written in epoch 7, or left by a crash
/// </code>
/// </summary>
public static class CheckpointLayout
{
    public const string ManifestFile = "manifest.json";

    public const string LatestFile = "latest";

    private const string StepPrefix = "step-";
    private const string TemporaryInfix = ".tmp-";

    /// <summary>The folder of a committed step, for example <c>step-00000200</c>.</summary>
    public static string StepFolder(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D8}");
    }

    /// <summary>The folder in which an epoch writes a step, for example <c>step-00000200.tmp-7</c>.</summary>
    public static string TemporaryFolder(long step, long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return string.Create(CultureInfo.InvariantCulture, $"{StepFolder(step)}{TemporaryInfix}{epoch}");
    }

    /// <summary>The safetensors file of one rank, for example <c>weights-rank-00003.safetensors</c>.</summary>
    public static string ShardFile(TensorKind kind, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        return string.Create(CultureInfo.InvariantCulture, $"{kind.ToText()}-rank-{rank:D5}.safetensors");
    }

    /// <summary>The step in a committed folder's name; null for every other name.</summary>
    public static long? StepOf(string folderName) =>
        folderName.StartsWith(StepPrefix, StringComparison.Ordinal)
        && long.TryParse(folderName.AsSpan(StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && StepFolder(step) == folderName
            ? step
            : null;

    /// <summary>The step in a temporary folder's name; null for every other name.</summary>
    public static long? StepOfTemporary(string folderName)
    {
        var at = folderName.IndexOf(TemporaryInfix, StringComparison.Ordinal);
        return at < 0 ? null : StepOf(folderName[..at]);
    }
}
