using System.Text.Json;
using Distributed.Checkpoints;

namespace Distributed.Training.Checkpointing;

/// <summary>Result of one rank's part of a collective operation: a value or a failure, as the ranks exchange it.</summary>
/// <typeparam name="T">Type of the value, which JSON can represent.</typeparam>
/// <param name="Value">The value; the default of its type if the rank failed.</param>
/// <param name="Failure">The failure; null if the rank succeeded.</param>
internal sealed record RankResult<T>(T? Value, RankFailure? Failure)
{
    /// <summary>Runs an action. A <see cref="CheckpointException"/> becomes a failure; other exceptions are not caught.</summary>
    public static RankResult<T> Of(Func<T> action)
    {
        try
        {
            return new RankResult<T>(action(), null);
        }
        catch (CheckpointException error)
        {
            return new RankResult<T>(default, new RankFailure(error.Cause, error.Tensor, error.Message));
        }
    }

    /// <summary>Reads the bytes of <see cref="ToBytes"/>. All ranks of a run have the same build, so the form has no version.</summary>
    public static RankResult<T> FromBytes(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<RankResult<T>>(bytes)!;

    /// <summary>Writes the result as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);
}

/// <summary>Failure of one rank.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Tensor">The tensor that is not finite; null for every other cause.</param>
/// <param name="Message">The message, without the rank.</param>
internal sealed record RankFailure(CheckpointFailureCause Cause, string? Tensor, string Message);
