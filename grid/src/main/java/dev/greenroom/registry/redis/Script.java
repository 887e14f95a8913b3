package dev.greenroom.registry.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;

/// The operations of the registry, as scripts that Redis runs.
enum Script {
    ACQUIRE(false, "pick", "queue", "foreign", "acquire"),
    RENEW(true, "renew"),
    RELEASE(true, "pick", "queue", "release"),
    HEARTBEAT(true, "pick", "queue", "heartbeat"),
    LEAVE(true, "pick", "queue", "leave"),
    SUSPECT(false, "suspect"),
    TRUST(true, "pick", "queue", "trust"),
    ORDER(false, "order"),
    WORKERS(false, "pick", "queue", "foreign", "workers"),
    REAP(false, "pick", "queue", "foreign", "reap"),
    ENROLL(false, "pick", "queue", "enroll"),
    KEEP(false, "pick", "queue", "foreign", "keep"),
    ABANDON(true, "pick", "queue", "abandon"),
    DESCRIBE(false, "describe"),
    SESSIONS(false, "sessions"),
    END(false, "end"),
    REPAIR(false, "repair");

    private static final String ALLOW_OOM = "#!lua flags=allow-oom\n";

    private final String wireName = name().toLowerCase(Locale.ROOT);
    private final String plain;
    private final String plainDigest;
    private final String flagged;
    private final String flaggedDigest;

    /// @param worksWithoutMemory whether it has to work when Redis is out of memory
    /// @param parts the files that follow the common beginning
    Script(boolean worksWithoutMemory, String... parts) {
        var body = new StringBuilder();
        Stream.concat(Stream.of("common"), Arrays.stream(parts)).forEach(part -> body.append(read(part)));
        plain = body.toString();
        plainDigest = digest(plain);
        flagged = worksWithoutMemory ? ALLOW_OOM + plain : plain;
        flaggedDigest = digest(flagged);
    }

    /// The name in metrics.
    String wireName() {
        return wireName;
    }

    /// The text for a server: those from 7.0 on know flags, older ones refuse them.
    Text text(boolean serverKnowsFlags) {
        return serverKnowsFlags ? new Text(flagged, flaggedDigest) : new Text(plain, plainDigest);
    }

    private static String read(String name) {
        try (var resource = Script.class.getResourceAsStream(name + ".lua")) {
            if (resource == null) {
                throw new IllegalStateException("the script " + name + ".lua is missing from this build");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(String body) {
        try {
            var sha1 = MessageDigest.getInstance("SHA-1").digest(body.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java knows SHA-1", e);
        }
    }

    /// A script and the name under which Redis keeps it.
    ///
    /// @param digest SHA-1 of the body, as Redis computes it
    record Text(String body, String digest) {}
}
