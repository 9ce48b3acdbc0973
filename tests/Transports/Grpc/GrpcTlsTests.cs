using System.Net;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>The contract, kept over mutual TLS.</summary>
public sealed class GrpcTlsExchangeTests : GrpcContractTests
{
    private readonly TestCertificates _authority = new("ranks");

    protected override GrpcNodeOptions Node(int rank) => _authority.Node();
}

/// <summary>Who is let in.</summary>
public sealed class GrpcTlsTests
{
    private readonly TestCertificates _ours = new("ours"), _theirs = new("theirs");

    [Fact]
    public async Task Connect_APeerWithACertificateOfAnotherAuthority_IsRefused()
    {
        // Rank 1 would trust rank 0, but not the other way round.
        await using var world = await GrpcWorld.StartAsync(2, rank => rank == 0 ? _ours.Node() : _theirs.Node(trusted: [.. _ours.Authorities, .. _theirs.Authorities]));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Equal([1], error.MissingRanks);
        Assert.Contains("rank 1", error.Message);
        Assert.Contains("certificate", error.Message);
    }

    [Fact]
    public async Task Connect_APeerWithACertificateOfAnotherHost_IsRefused()
    {
        await using var world = await GrpcWorld.StartAsync(2, rank => _ours.Node(host: rank == 1 ? IPAddress.Parse("192.0.2.7") : null));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Contains("RemoteCertificateNameMismatch", error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Join_WithoutACertificateThatIsTrusted_IsRefused(bool showsAnother)
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => _ours.Node());
        await using var group = await world.ConnectAsync(0);
        var another = showsAnother ? _theirs.Node().Tls!.Certificate : null;
        using var client = new RawRank(world.Addresses[0], another, trustsAnybody: true);

        var error = await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.JoinAsync(new()));

        Assert.IsNotType<RawRank.Refused>(error); // it did not get as far as an answer
    }

    [Fact]
    public async Task Join_WithATrustedCertificate_IsAnswered()
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => _ours.Node());
        using var client = new RawRank(world.Addresses[0], _ours.Node().Tls!.Certificate, trustsAnybody: true);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.JoinAsync(new()));

        Assert.Contains("version 0", error.Message);
    }
}
