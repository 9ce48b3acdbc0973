using System.Net;
using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>The contract over mutual TLS.</summary>
public sealed class GrpcTlsExchangeTests : GrpcContractTests
{
    private readonly TestCertificates _authority = new("ranks");

    protected override GrpcExchangeServerOptions ServerOptions(int rank) => _authority.ServerOptions();
}

/// <summary>Which certificates are accepted.</summary>
public sealed class GrpcTlsTests
{
    private const string Unauthenticated = "16", PermissionDenied = "7";

    private readonly TestCertificates _ours = new("ours"), _theirs = new("theirs");

    [Fact]
    public async Task Connect_APeerWithACertificateOfAnotherAuthority_IsRefused()
    {
        // Rank 1 trusts rank 0, but rank 0 does not trust rank 1.
        await using var world = await GrpcWorld.StartAsync(2,
            rank => rank == 0 ? _ours.ServerOptions() : _theirs.ServerOptions(trusted: [.. _ours.Authorities, .. _theirs.Authorities]));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Equal([1], error.MissingRanks);
        Assert.Contains("rank 1", error.Message);
        Assert.Contains("certificate", error.Message);
    }

    [Fact]
    public async Task Connect_APeerWithACertificateOfAnotherHost_IsRefused()
    {
        await using var world = await GrpcWorld.StartAsync(2,
            rank => _ours.ServerOptions(host: rank == 1 ? IPAddress.Parse("192.0.2.7") : null));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Contains("RemoteCertificateNameMismatch", error.Message);
    }

    [Fact]
    public async Task Connect_WithRenewedCertificates_UsesThemOnBothSides()
    {
        var longAgo = TimeProvider.System.GetUtcNow().AddDays(-2);
        var expired = _ours.Issue(IPAddress.Loopback, from: longAgo, until: longAgo.AddDays(1));
        await using var world = await GrpcWorld.StartAsync(2,
            _ => _ours.ServerOptions() is var options
                ? options with { Tls = options.Tls! with { Certificate = expired, CurrentCertificate = () => options.Tls.Certificate } }
                : options);

        await world.ConnectAsync();

        Assert.All(world.Servers, server => Assert.Equal(0, server.RefusalCount(RefusalKind.Certificate)));
    }

    [Theory]
    [InlineData("Join")]
    [InlineData("Attach")]
    [InlineData("Abort")]
    public async Task Call_WithAnUntrustedCertificate_ReceivesTheReason(string method)
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => WithRole(_ours.ServerOptions()));
        await using var group = await world.ConnectAsync(0);
        var longAgo = TimeProvider.System.GetUtcNow().AddDays(-2);
        (X509Certificate2? Certificate, string Status, string Words)[] cases =
        [
            (null, Unauthenticated, "no certificate was presented"),
            (_theirs.Issue(IPAddress.Loopback, PeerRole.Worker), Unauthenticated, "was not issued by CN=ours but by CN=theirs"),
            (_ours.Issue(IPAddress.Loopback, PeerRole.Worker, longAgo, longAgo.AddDays(1)), Unauthenticated,
                $"expired on {longAgo.AddDays(1).UtcDateTime:yyyy-MM-dd}"),
            (_ours.Issue(IPAddress.Loopback, PeerRole.Viewer), PermissionDenied, "is for the role viewer; allowed here: worker"),
            (_ours.Issue(IPAddress.Loopback), PermissionDenied, "is for the role (none); allowed here: worker"),
        ];
        foreach (var (certificate, status, words) in cases)
        {
            using var client = new RawRank(world.Addresses[0], certificate, trustsAnyCertificate: true);

            var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.CallAsync(method, []));

            Assert.Equal(status, error.Status);
            Assert.Contains(words, error.Message);
        }

        Assert.Equal(cases.Length, world.Servers[0].RefusalCount(RefusalKind.Certificate));
        using var trusted = new RawRank(world.Addresses[0], _ours.Issue(IPAddress.Loopback, PeerRole.Worker), trustsAnyCertificate: true);
        Assert.Contains("version 0", (await Assert.ThrowsAsync<RawRank.Refused>(() => trusted.JoinAsync(new()))).Message);
    }

    [Fact]
    public async Task Connect_APeerWithACertificateForAnotherRole_IsRefused()
    {
        await using var world = await GrpcWorld.StartAsync(2,
            rank => rank == 0 ? WithRole(_ours.ServerOptions()) : _ours.ServerOptions(role: PeerRole.Operator));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Contains("is for the role operator; allowed here: worker", error.Message);
    }

    [Fact]
    public async Task Join_OfAStaleEpochOverTls_IsRefusedNamingIt()
    {
        await using var world = await GrpcWorld.StartAsync(2, _ => WithRole(_ours.ServerOptions(role: PeerRole.Worker)));
        await world.ConnectAsync(identity: GrpcWorld.Identity with { Epoch = 3 });
        using var client = new RawRank(world.Addresses[0], _ours.Issue(IPAddress.Loopback, PeerRole.Worker), trustsAnyCertificate: true);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(
            () => client.JoinAsync(new() { Version = 1, Identity = GrpcWorld.Identity.At(0), Rank = 1, Size = 2 }));

        Assert.Contains("epoch 1 has ended", error.Message);
        Assert.Equal(1, world.Servers[0].RefusalCount(RefusalKind.StaleEpoch));
    }

    [Fact]
    public async Task Join_WithATrustedCertificate_IsAnswered()
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => _ours.ServerOptions());
        using var client = new RawRank(world.Addresses[0], _ours.ServerOptions().Tls!.Certificate, trustsAnyCertificate: true);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.JoinAsync(new()));

        Assert.Contains("version 0", error.Message);
    }

    private static GrpcExchangeServerOptions WithRole(GrpcExchangeServerOptions options) =>
        options with { Tls = options.Tls! with { Role = PeerRole.Worker } };
}
