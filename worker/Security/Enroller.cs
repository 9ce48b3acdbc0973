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
/// Comes to a certificate with a join token.
/// <list type="number">
/// <item>Asks the coordinator for its authority, and compares that with the fingerprint in the token. Nothing secret is said until then.</item>
/// <item>Connects again, to a server with a certificate of that authority for the role coordinator.</item>
/// <item>Makes a key, which stays here, and has it certified for the token; keeps both.</item>
/// </list>
/// </summary>
/// <param name="coordinator">Whom to ask; with TLS.</param>
/// <param name="folder">Where to keep the identity.</param>
/// <param name="patience">How long to wait for a coordinator that is not there yet.</param>
/// <param name="time">The clock.</param>
public sealed class Enroller(CoordinatorAddress coordinator, IdentityFolder folder, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Enrols, once.</summary>
    /// <param name="token">Good once.</param>
    /// <param name="name">To be called.</param>
    /// <param name="hosts">Names and addresses under which other workers reach this one.</param>
    /// <param name="roles">Roles of which one is of use here; a token for another is refused and stays good.</param>
    /// <param name="cancellation">Gives up; the token may have been used by then.</param>
    /// <exception cref="CoordinatorException">The coordinator is not reached, is not the token's, or refuses.</exception>
    /// <exception cref="IOException">The identity cannot be kept.</exception>
    public async Task<TlsIdentity> EnrolAsync(JoinToken token, string name, IEnumerable<string> hosts, IReadOnlyList<PeerRole> roles, CancellationToken cancellation = default)
    {
        if (!coordinator.IsTls) throw new ArgumentException($"{coordinator} has no TLS: there is nothing to enrol for.");
        return await CertifyAsync(name, hosts, async signing =>
        {
            using var authority = await Retries().ExecuteAsync(async stop => await AuthorityAsync(token, stop).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            using var channel = CoordinatorChannel.Open(coordinator, CoordinatorTrust.Certified([authority], time));
            var request = new EnrolRequest { Token = token.ToText(), SigningRequest = signing, Roles = { roles.Select(PeerSubject.Text) } };
            return await new Enrolment.EnrolmentClient(channel).EnrolAsync(request, deadline: Until(), cancellationToken: cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Has a certificate that is still valid replaced, with a new key, for the same name and role.</summary>
    /// <param name="current">The one to replace.</param>
    /// <param name="hosts">Names and addresses under which other workers reach this one.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CoordinatorException">The coordinator is not reached, is not to be trusted, or refuses.</exception>
    /// <exception cref="IOException">The identity cannot be kept.</exception>
    public Task<TlsIdentity> RenewAsync(TlsIdentity current, IEnumerable<string> hosts, CancellationToken cancellation = default) =>
        CertifyAsync(PeerSubject.Of(current.Certificate).Name, hosts, async signing =>
        {
            using var channel = CoordinatorChannel.Open(coordinator, current, time);
            return await new Enrolment.EnrolmentClient(channel).RenewAsync(new RenewRequest { SigningRequest = signing }, deadline: Until(), cancellationToken: cancellation).ConfigureAwait(false);
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
            var verdict = StreamFault.IsRefusal(refused) && !StreamFault.IsDistrusted(refused) ? "refuses to enrol this one" : "cannot be enrolled with";
            throw new CoordinatorException($"The coordinator at {coordinator} {verdict}: {StreamFault.Words(refused)}", refused);
        }
        catch (Exception error) when (error is AuthenticationException or CryptographicException)
        {
            throw new CoordinatorException($"The coordinator at {coordinator} cannot be enrolled with: {error.Message}", error);
        }
    }

    private async Task<CoordinatorException?> MismatchAsync(RpcException fault) =>
        StreamFault.IsOfProtocol(fault) && await PortProbe.MismatchAsync(coordinator.Endpoint!).ConfigureAwait(false) is { } mismatch
            ? new CoordinatorException($"The coordinator at {coordinator} cannot be enrolled with: {mismatch}.", fault)
            : null;

    // Until the coordinator is there; the token is shown once only.
    private ResiliencePipeline Retries()
    {
        var began = time.GetTimestamp();
        return new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(error => error.StatusCode == StatusCode.Unavailable && time.GetElapsedTime(began) < patience),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(20),
            MaxDelay = TimeSpan.FromSeconds(1),
        }).Build();
    }

    private async Task<X509Certificate2> AuthorityAsync(JoinToken token, CancellationToken cancellation)
    {
        using var channel = CoordinatorChannel.Open(coordinator, CoordinatorTrust.Anybody());
        var reply = await new Enrolment.EnrolmentClient(channel).AuthorityAsync(new AuthorityRequest(), deadline: Until(), cancellationToken: cancellation).ConfigureAwait(false);
        var authority = X509CertificateLoader.LoadCertificate(reply.Certificate.Span);
        if (JoinToken.FingerprintOf(authority) == token.Fingerprint) return authority;
        authority.Dispose();
        throw new AuthenticationException("its authority is not the one that the token names: the token is another coordinator's, or somebody is in between. The token was not shown");
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

    // Deadlines of calls are by the system's clock.
    private static DateTime Until() => TimeProvider.System.GetUtcNow().UtcDateTime + Deadline;
}
