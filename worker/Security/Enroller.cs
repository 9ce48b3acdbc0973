using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Google.Protobuf;
using Grpc.Core;
using Polly;
using Polly.Retry;

namespace Distributed.Worker.Security;

/// <summary>
/// Obtains a certificate with a join token.
/// <list type="number">
/// <item>Requests the coordinator's authority, and compares it with the fingerprint in the token. No secret is sent before that.</item>
/// <item>Connects again, and accepts only a server with a certificate of that authority for the role coordinator.</item>
/// <item>Creates a key, which stays on this machine, has it certified with the token, and saves key and certificate.</item>
/// </list>
/// </summary>
/// <param name="coordinator">Address of the coordinator; must have TLS.</param>
/// <param name="folder">Folder for the identity.</param>
/// <param name="connectTimeout">Time to wait for a coordinator that is not running yet.</param>
/// <param name="time">The clock.</param>
public sealed class Enroller(CoordinatorAddress coordinator, IdentityFolder folder, TimeSpan connectTimeout, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Enrols once.</summary>
    /// <param name="token">The join token; valid for one enrolment.</param>
    /// <param name="name">The worker's name.</param>
    /// <param name="hosts">Names and addresses at which other workers reach this one.</param>
    /// <param name="roles">Acceptable roles; a token for another role is refused and stays valid.</param>
    /// <param name="cancellation">Cancels the enrolment; the token may have been used by then.</param>
    /// <exception cref="CoordinatorException">The coordinator cannot be reached, does not fit the token, or refuses.</exception>
    /// <exception cref="IOException">The identity cannot be saved.</exception>
    public async Task<TlsIdentity> EnrolAsync(
        JoinToken token, string name, IEnumerable<string> hosts, IReadOnlyList<PeerRole> roles, CancellationToken cancellation = default)
    {
        if (!coordinator.IsTls)
            throw new ArgumentException($"Cannot enrol with {coordinator}: the address has no TLS. Use https://host:port.");
        return await CertifyAsync(name, hosts, async signing =>
        {
            using var authority = await Retries()
                .ExecuteAsync(async stop => await AuthorityAsync(token, stop).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            using var channel = CoordinatorChannel.Open(coordinator, CoordinatorTrust.Certified([authority], time));
            var request = new EnrolRequest { Token = token.ToText(), SigningRequest = signing, Roles = { roles.Select(PeerSubject.Text) } };
            return await new Enrolment.EnrolmentClient(channel).EnrolAsync(request, deadline: Until(), cancellationToken: cancellation)
                .ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Replaces a certificate that is still valid by one with a new key, for the same name and role.</summary>
    /// <param name="current">The identity to replace.</param>
    /// <param name="hosts">Names and addresses at which other workers reach this one.</param>
    /// <param name="cancellation">Cancels the renewal.</param>
    /// <exception cref="CoordinatorException">The coordinator cannot be reached, is not trusted, or refuses.</exception>
    /// <exception cref="IOException">The identity cannot be saved.</exception>
    public Task<TlsIdentity> RenewAsync(TlsIdentity current, IEnumerable<string> hosts, CancellationToken cancellation = default) =>
        CertifyAsync(PeerSubject.Of(current.Certificate).Name, hosts, async signing =>
        {
            using var channel = CoordinatorChannel.Open(coordinator, current, time);
            return await new Enrolment.EnrolmentClient(channel).RenewAsync(new RenewRequest { SigningRequest = signing }, deadline: Until(),
                cancellationToken: cancellation).ConfigureAwait(false);
        });

    private async Task<TlsIdentity> CertifyAsync(string name, IEnumerable<string> hosts, Func<ByteString, Task<EnrolReply>> ask)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            var reply = await ask(UnsafeByteOperations.UnsafeWrap(SigningRequest(key, name, hosts))).ConfigureAwait(false);
            using var certificate = X509CertificateLoader.LoadCertificate(reply.Certificate.Span);
            folder.Save(certificate, key, [.. reply.Authorities.Select(each => X509CertificateLoader.LoadCertificate(each.Span))]);
            return folder.Load();
        }
        catch (RpcException refused)
        {
            if (await MismatchAsync(refused).ConfigureAwait(false) is { } mismatch) throw mismatch;
            var isRefused = StreamError.IsRefusal(refused) && !StreamError.IsDistrusted(refused);
            throw isRefused
                ? new CoordinatorException(
                    $"The coordinator at {coordinator} refuses the enrolment: {StreamError.Describe(refused)}", refused)
                : NotEnrolled(StreamError.Describe(refused), refused);
        }
        catch (Exception error) when (error is AuthenticationException or CryptographicException)
        {
            throw NotEnrolled(error.Message, error);
        }
    }

    private CoordinatorException NotEnrolled(string problem, Exception error) =>
        new($"Cannot enrol with the coordinator at {coordinator}: {problem}", error);

    private async Task<CoordinatorException?> MismatchAsync(RpcException error) =>
        StreamError.IsProtocolError(error) && await PortProbe.MismatchAsync(coordinator.Endpoint!).ConfigureAwait(false) is { } mismatch
            ? NotEnrolled($"{mismatch}.", error)
            : null;

    // Retries until the coordinator is running. The token is sent once only.
    private ResiliencePipeline Retries()
    {
        var began = time.GetTimestamp();
        return new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(
                error => error.StatusCode == StatusCode.Unavailable && time.GetElapsedTime(began) < connectTimeout),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(20),
            MaxDelay = TimeSpan.FromSeconds(1),
        }).Build();
    }

    private async Task<X509Certificate2> AuthorityAsync(JoinToken token, CancellationToken cancellation)
    {
        using var channel = CoordinatorChannel.Open(coordinator, CoordinatorTrust.AnyServer());
        var reply = await new Enrolment.EnrolmentClient(channel)
            .AuthorityAsync(new AuthorityRequest(), deadline: Until(), cancellationToken: cancellation).ConfigureAwait(false);
        var authority = X509CertificateLoader.LoadCertificate(reply.Certificate.Span);
        if (JoinToken.FingerprintOf(authority) == token.Fingerprint) return authority;
        authority.Dispose();
        throw new AuthenticationException(
            "its authority is not the one that the token names: "
            + "the token is of another coordinator, or the connection is intercepted. The token was not sent");
    }

    private static byte[] SigningRequest(ECDsa key, string name, IEnumerable<string> hosts)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Distinct())
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    // gRPC deadlines use the system's clock.
    private static DateTime Until() => TimeProvider.System.GetUtcNow().UtcDateTime + Deadline;
}
