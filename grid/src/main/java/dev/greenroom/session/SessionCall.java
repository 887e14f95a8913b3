package dev.greenroom.session;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A question of a proxy to the worker that serves a session, as a `GET` below the path of the worker's run:
/// `<path>/sessions/<id>/<what>`.
///
/// @param what is asked, such as `pages`
public record SessionCall(SessionId session, String what) {
    /// Comes behind the path of the run.
    public static final String PATH = "/sessions";

    /// The handshake header that says whether people may look at a session, from a proxy to a worker.
    public static final String VIEW_HEADER = "X-Greenroom-View";

    /// Forbids it.
    public static final String VIEW_OFF = "off";

    /// Asks workers.
    @FunctionalInterface
    public interface SessionCaller {
        /// Asks a worker; blocks until its answer begins.
        ///
        /// @param registered the worker's address in the registry
        /// @param query begins with a question mark, or is empty
        /// @return closed by the caller
        /// @throws IOException if it does not answer, or is not trusted
        CallAnswer ask(WorkerId worker, WorkerEndpoint registered, SessionCall call, String query)
                throws IOException, InterruptedException;
    }

    /// The answer of a worker.
    ///
    /// @param body fails when the worker says nothing for some seconds
    public record CallAnswer(int status, InputStream body) implements AutoCloseable {
        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException _) {
                // The connection is gone, as it should be.
            }
        }
    }

    private static final Pattern SHAPE = Pattern.compile(PATH + "/([^/?]{1,64})/([a-z]{1,20})");

    /// Reads what comes behind the path of the run.
    public static Optional<SessionCall> of(String path) {
        return Optional.of(SHAPE.matcher(path))
                .filter(Matcher::matches)
                .flatMap(call -> SessionId.of(call.group(1)).map(id -> new SessionCall(id, call.group(2))));
    }

    /// What comes behind the path of the run.
    public String path() {
        return PATH + "/" + session + "/" + what;
    }

    /// Whether people may look at a session with this [#VIEW_HEADER].
    public static boolean isViewable(Optional<String> header) {
        return header.filter(VIEW_OFF::equals).isEmpty();
    }
}
