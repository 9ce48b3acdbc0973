using System.IO.Hashing;
using System.Security.Cryptography;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// Hash of a tensor's bytes. Its text consists of the algorithm, <c>xxh128:</c> or <c>sha256:</c>, and lower-case hexadecimal digits.
/// <list type="number">
/// <item><c>xxh128</c> (XXH3 with 128 bits, seed 0, big-endian as printed by <c>xxh128sum</c>) is the algorithm of new checkpoints. It is
/// about as fast as memory, and misses random damage with a probability of 2^-128. It does not protect against forged data.</item>
/// <item><c>sha256</c> is the algorithm of earlier checkpoints.</item>
/// </list>
/// </summary>
public abstract class TensorHash : IDisposable
{
    /// <summary>Name of the algorithm of new checkpoints.</summary>
    public const string Xxh128 = "xxh128";

    /// <summary>Name of the algorithm of earlier checkpoints.</summary>
    public const string Sha256 = "sha256";

    private const char Separator = ':';

    /// <summary>Creates a hash with the algorithm of <paramref name="hash"/>.</summary>
    /// <exception cref="ArgumentException">The text is malformed, see <see cref="Problem"/>.</exception>
    public static TensorHash Like(string hash)
    {
        if (Problem(hash) is { } problem) throw new ArgumentException(problem, nameof(hash));
        return hash.StartsWith(Xxh128, StringComparison.Ordinal) ? new Xxh128Hash() : new Sha256Hash();
    }

    /// <summary>Creates a hash with the algorithm of new checkpoints.</summary>
    public static TensorHash New() => new Xxh128Hash();

    /// <summary>Describes why the text of a hash is malformed; null if it is well formed.</summary>
    public static string? Problem(string hash)
    {
        var at = hash.IndexOf(Separator, StringComparison.Ordinal);
        var digits = (at < 0 ? hash : hash[..at]) switch { Xxh128 => 32, Sha256 => 64, _ => 0 };
        return digits > 0 && hash.Length == at + 1 + digits && hash.AsSpan(at + 1).IndexOfAnyExcept("0123456789abcdef") < 0
            ? null
            : $"hash {SafetensorsException.Quote(hash)} must be {Xxh128}: and 32 lower-case hexadecimal digits, or {Sha256}: and 64.";
    }

    /// <summary>Adds the next bytes.</summary>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Returns the text of the hash of all added bytes. Call once only.</summary>
    public abstract string Finish();

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    private static string Text(string algorithm, ReadOnlySpan<byte> hash) => $"{algorithm}{Separator}{Convert.ToHexStringLower(hash)}";

    private sealed class Xxh128Hash : TensorHash
    {
        private readonly XxHash128 _state = new();

        public override void Append(ReadOnlySpan<byte> bytes) => _state.Append(bytes);

        public override string Finish() => Text(Xxh128, _state.GetCurrentHash());
    }

    private sealed class Sha256Hash : TensorHash
    {
        private readonly IncrementalHash _state = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public override void Append(ReadOnlySpan<byte> bytes) => _state.AppendData(bytes);

        public override string Finish() => Text(Sha256, _state.GetHashAndReset());

        public override void Dispose()
        {
            _state.Dispose();
            base.Dispose();
        }
    }
}
