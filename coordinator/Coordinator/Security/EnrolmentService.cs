using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>Issues certificates to joining peers for their tokens, and renews the certificates of their holders.</summary>
/// <param name="issuer">Issues the certificates; null if this coordinator issues none.</param>
/// <param name="logger">Receives a line for each certificate that is issued or refused, with the peer.</param>
internal sealed partial class EnrolmentService(EnrolmentIssuer? issuer, ILogger logger) : Enrolment.EnrolmentBase
{
    public override Task<AuthorityReply> Authority(AuthorityRequest request, ServerCallContext context) =>
        Task.FromResult(new AuthorityReply { Certificate = ByteString.CopyFrom(RequireIssuer().Authority.Certificate.RawData) });

    public override Task<EnrolReply> Enrol(
        EnrolRequest request, ServerCallContext context) => Task.FromResult(Issue(request.SigningRequest, context, signing =>
        RequireIssuer().Tokens.Redeem(
            request.Token, signing.Name, token => new Issued(RequireIssuer().Authority.Issue(signing, token.Role), token.Role),
            [.. request.Roles.Select(PeerSubject.RoleOf).OfType<PeerRole>()])));

    public override Task<EnrolReply> Renew(
        RenewRequest request, ServerCallContext context) => Task.FromResult(Issue(request.SigningRequest, context, signing =>
    {
        if (PeerGuard.PeerOf(context) is not { Role: { } role } peer)
            throw Refused(StatusCode.Unauthenticated, "a certificate is renewed over TLS by the caller that presents it", context);
        if (peer.Name != signing.Name)
        {
            var reason = $"{peer.Name} requests a certificate for {signing.Name}: a certificate can be renewed only for its own name";
            throw Refused(StatusCode.PermissionDenied, reason, context);
        }

        return new Issued(RequireIssuer().Authority.Issue(signing, role), role);
    }));

    private EnrolReply Issue(ByteString request, ServerCallContext context, Func<SigningRequest, Issued> issue)
    {
        var authority = RequireIssuer().Authority;
        try
        {
            var signing = SigningRequest.Read(request.ToByteArray());
            var (certificate, role) = issue(signing);
            using (certificate)
            {
                LogIssued(logger, signing.Name, PeerSubject.Text(role), context.Peer, certificate.NotAfter.ToUniversalTime());
                return new EnrolReply
                {
                    Certificate = ByteString.CopyFrom(certificate.RawData),
                    Authorities = { ByteString.CopyFrom(authority.Certificate.RawData) }
                };
            }
        }
        catch (JoinTokenException refused)
        {
            throw Refused(StatusCode.Unauthenticated, refused.Message, context);
        }
        catch (JoinTokenRoleException refused)
        {
            throw Refused(StatusCode.PermissionDenied, refused.Message, context);
        }
        catch (SigningRequestException refused)
        {
            throw Refused(StatusCode.InvalidArgument, refused.Message, context);
        }
    }

    private EnrolmentIssuer RequireIssuer() => issuer ?? throw new RpcException(new Status(
        StatusCode.FailedPrecondition, "this coordinator does not issue certificates, because its own certificate comes from files. "
            + "Obtain one from the same authority, and join with --certificate, --key and --ca"));

    private RpcException Refused(StatusCode status, string reason, ServerCallContext context)
    {
        LogRefused(logger, context.Peer, reason);
        return new RpcException(new Status(status, reason));
    }

    private sealed record Issued(X509Certificate2 Certificate, PeerRole Role);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Certificate of {Name} for the role {Role}: issued to {Peer}, valid until {Until:u}")]
    private static partial void LogIssued(ILogger logger, string name, string role, string peer, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Enrolment of {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string peer, string reason);
}
