package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.net.http.DiscoveryPath;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.session.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Authorizes every request that is not for a session. A path that is not listed here needs a token.
final class EndpointGuard implements ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointGuard.class);

    /// Health checks of load balancers and kubelets: allowed with any host name and without a token.
    private static final Set<String> HEALTH = Set.of("/health", "/health/ready");

    /// Allowed without a token: they only say where sessions are.
    private static final Set<String> PUBLIC = Set.of("/json", "/favicon.ico");

    private static final List<String> READ_METHODS = List.of("GET", "HEAD");

    private final AccessControl access;
    private final ConnectionHandler handler;

    EndpointGuard(AccessControl access, ConnectionHandler handler) {
        this.access = access;
        this.handler = handler;
    }

    @Override
    public void serve(InboundConnection connection) throws InterruptedException {
        var refusal = refusal(connection);
        if (refusal.isEmpty()) {
            handler.serve(connection);
            return;
        }
        var answer = RefusalResponses.answer(refusal.get());
        connection.answer(answer);
        LOG.atDebug()
                .addKeyValue("code", "REQUEST_REFUSED")
                .addKeyValue("requestId", connection.id())
                .addKeyValue("remote", connection.remote().getAddress().getHostAddress())
                .addKeyValue("method", connection.head().method())
                .addKeyValue("path", connection.head().pathToLog())
                .addKeyValue("status", answer.status())
                .log("Request refused");
    }

    static boolean asksForHealth(RequestHead head) {
        return READ_METHODS.contains(head.method()) && HEALTH.contains(head.path());
    }

    private Optional<Refusal> refusal(InboundConnection connection) {
        var head = DiscoveryPath.usual(connection.head());
        var reads = READ_METHODS.contains(head.method());
        if (asksForHealth(head)) {
            return Optional.empty();
        }
        if (reads && PUBLIC.contains(head.path())) {
            return access.refusalWithoutToken(head);
        }
        var remote = connection.remote().getAddress();
        if (DiscoveryPath.matches(head.path())) {
            return access.refusal(head, remote, Scope.CONNECT);
        }
        return access.refusal(head, remote, reads ? Scope.READ : Scope.ADMIN);
    }
}
