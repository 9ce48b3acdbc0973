using Distributed.Protocol;
using Distributed.Protocol.Security;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>Issues certificates to newcomers for their tokens.</summary>
/// <param name="desk">Where; null where this coordinator issues none.</param>
/// <param name="logger">Told of what is issued, and of what is refused to whom.</param>
internal sealed partial class EnrolmentService(EnrolmentDesk? desk, ILogger logger) : Enrolment.EnrolmentBase
{
    public override Task<AuthorityReply> Authority(AuthorityRequest request, ServerCallContext context) =>
        Task.FromResult(new AuthorityReply { Certificate = ByteString.CopyFrom(Desk().Authority.Certificate.RawData) });

    public override Task<EnrolReply> Enrol(EnrolRequest request, ServerCallContext context)
    {
        var authority = Desk().Authority;
        try
        {
            var signing = SigningRequest.Read(request.SigningRequest.ToByteArray());
            var (certificate, role) = Desk().Tokens.Redeem(request.Token, signing.Name, token => (authority.Issue(signing, token.Role), token.Role));
            using (certificate)
            {
                LogIssued(logger, signing.Name, PeerSubject.Text(role), context.Peer, certificate.NotAfter.ToUniversalTime());
                return Task.FromResult(new EnrolReply { Certificate = ByteString.CopyFrom(certificate.RawData), Authorities = { ByteString.CopyFrom(authority.Certificate.RawData) } });
            }
        }
        catch (JoinTokenException refused)
        {
            throw Refused(StatusCode.Unauthenticated, refused.Message, context);
        }
        catch (SigningRequestException refused)
        {
            throw Refused(StatusCode.InvalidArgument, refused.Message, context);
        }
    }

    private EnrolmentDesk Desk() => desk ?? throw new RpcException(new Status(
        StatusCode.FailedPrecondition, "this coordinator issues no certificates: its own come from files. Have one issued by whoever issued those, and join with --certificate, --key and --ca"));

    private RpcException Refused(StatusCode status, string reason, ServerCallContext context)
    {
        LogRefused(logger, context.Peer, reason);
        return new RpcException(new Status(status, reason));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate of {Name} for the role {Role}: issued to {Peer}, valid until {Until:u}")]
    private static partial void LogIssued(ILogger logger, string name, string role, string peer, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Enrolment of {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string peer, string reason);
}
