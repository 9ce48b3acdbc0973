using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>
/// Every call of the coordinator, by callers of every kind. The test has its own list of the allowed calls; any other call is refused to
/// every caller.
/// </summary>
public sealed class EveryCallTests : IAsyncLifetime
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);
    private static readonly string[] Unauthenticated = ["Enrolment/Authority", "Enrolment/Enrol"];

    private static readonly Dictionary<PeerRole, string[]> Allowed = new()
    {
        [PeerRole.Coordinator] = [],
        [PeerRole.Worker] = ["Control/Join", "Enrolment/Renew"],
        [PeerRole.Viewer] = ["Enrolment/Renew", "Jobs/Version", "Jobs/ListWorkers", "Jobs/List", "Jobs/Get", "Jobs/Metrics", "Jobs/Events",
            "Jobs/Log", "Jobs/Ledger"],
        [PeerRole.Operator] =
        [
            "Enrolment/Renew", "Jobs/Version", "Jobs/ListWorkers", "Jobs/List", "Jobs/Get", "Jobs/Metrics", "Jobs/Events",
            "Jobs/Log", "Jobs/Ledger",
            "Jobs/Submit", "Jobs/Stop", "Jobs/Scale", "Jobs/Pause", "Jobs/Resume",
        ],
    };

    private ServedOverTls _coordinator = null!;

    public static TheoryData<string> Calls => [.. Methods.Select(Name)];

    public static TheoryData<PeerRole> Roles => [.. Enum.GetValues<PeerRole>()];

    private static IEnumerable<MethodDescriptor> Methods =>
        new[] { ControlReflection.Descriptor, EnrolmentReflection.Descriptor,
            JobsReflection.Descriptor }.SelectMany(file => file.Services).SelectMany(service => service.Methods);

    public async ValueTask InitializeAsync() => _coordinator = await ServedOverTls.StartAsync();

    public ValueTask DisposeAsync() => _coordinator.DisposeAsync();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_WithoutATrustedCertificate_IsRefusedWithTheReason(string call)
    {
        // A role that may make the call.
        var role = Allowed.First(allowed => allowed.Value.Contains(call) || Unauthenticated.Contains(call)).Key;
        (X509Certificate2? Certificate, string Words)[] cases =
        [
            (null, "no certificate was presented"),
            (_coordinator.OfAnotherAuthority(role), "was not issued by "),
            (_coordinator.Expired(role), "expired on "),
        ];
        foreach (var (certificate, words) in cases)
        {
            var answer = await CallAsync(call, certificate);

            if (Unauthenticated.Contains(call)) Assert.DoesNotContain(words, answer.Detail, StringComparison.Ordinal);
            else Assert.Equal((StatusCode.Unauthenticated, true),
                (answer.StatusCode, answer.Detail.Contains(words, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Call_OfEveryRole_IsAllowedOnlyIfListed(PeerRole role)
    {
        var certificate = _coordinator.Of(role);

        foreach (var call in Methods.Select(Name).Except(Unauthenticated))
        {
            var answer = await CallAsync(call, certificate);

            Assert.Equal((call, Allowed[role].Contains(call)),
                (call, answer.StatusCode is not (StatusCode.PermissionDenied or StatusCode.Unauthenticated)));
            if (!Allowed[role].Contains(call))
                Assert.Contains($"is for the role {PeerSubject.Text(role)}; allowed here: ", answer.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Json_ByRole_IsReadByViewersAndChangedByOperators()
    {
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created),
            (await SeeAsync(_coordinator.Of(PeerRole.Operator)), await SubmitAsync(_coordinator.Of(PeerRole.Operator))));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden),
            (await SeeAsync(_coordinator.Of(PeerRole.Viewer)), await SubmitAsync(_coordinator.Of(PeerRole.Viewer))));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden),
            (await SeeAsync(_coordinator.Of(PeerRole.Worker)), await SubmitAsync(_coordinator.Of(PeerRole.Worker))));
        foreach (var untrusted in new[] { null, _coordinator.OfAnotherAuthority(PeerRole.Operator),
            _coordinator.Expired(PeerRole.Operator) })
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized),
                (await SeeAsync(untrusted), await SubmitAsync(untrusted)));
    }

    [Fact]
    public async Task Json_RefusedToAViewer_NamesTheRequiredRole()
    {
        using var http = _coordinator.Http(_coordinator.Of(PeerRole.Viewer));
        using var response = await http.PostAsync("jobs/some/stop", null, TestContext.Current.CancellationToken);

        var problem = await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken);

        Assert.Equal("the certificate of CN=caller, OU=viewer is for the role viewer; allowed here: operator", (string)problem!["detail"]!);
    }

    private async Task<HttpStatusCode> SeeAsync(X509Certificate2? certificate)
    {
        using var http = _coordinator.Http(certificate);
        using var response = await http.GetAsync("jobs", TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private async Task<HttpStatusCode> SubmitAsync(X509Certificate2? certificate)
    {
        using var http = _coordinator.Http(certificate);
        using var content = new StringContent("one 1 9", Encoding.UTF8, "application/yaml");
        using var response = await http.PostAsync("jobs", content, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    // Sends one empty message.
    private async Task<Status> CallAsync(string call, X509Certificate2? certificate)
    {
        var described = Methods.Single(each => Name(each) == call);
        var type = (described.IsClientStreaming, described.IsServerStreaming) switch
        {
            (true, true) => MethodType.DuplexStreaming,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.Unary
        };
        var method = new Method<byte[], byte[]>(type, described.Service.FullName, described.Name, Bytes, Bytes);
        using var channel = _coordinator.Channel(certificate);
        var (invoker, options) = (channel.CreateCallInvoker(), new CallOptions(cancellationToken: TestContext.Current.CancellationToken));
        try
        {
            switch (type)
            {
                case MethodType.DuplexStreaming:
                    using (var duplex = invoker.AsyncDuplexStreamingCall(method, null, options))
                    {
                        await duplex.RequestStream.CompleteAsync();
                        while (await duplex.ResponseStream.MoveNext(options.CancellationToken)) { }
                    }
                    break;
                case MethodType.ServerStreaming:
                    using (var stream = invoker.AsyncServerStreamingCall(method, null, options, []))
                        while (await stream.ResponseStream.MoveNext(options.CancellationToken)) { }
                    break;
                default:
                    using (var unary = invoker.AsyncUnaryCall(method, null, options, [])) await unary;
                    break;
            }

            return Status.DefaultSuccess;
        }
        catch (RpcException answered)
        {
            return answered.Status;
        }
    }

    private static string Name(MethodDescriptor method) => $"{method.Service.Name}/{method.Name}";
}
