package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList;
import dev.greenroom.schedule.PeriodicTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reloads the token file when its content changes. Compares the content, since file watchers miss how
/// mounted files are replaced. An invalid or missing file changes nothing.
final class TokenFileWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFileWatcher.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int MAX_BYTES = 65_536;

    private final Path path;
    private final Consumer<TokenStore> changed;
    private volatile Optional<PeriodicTask> task = Optional.empty();
    private String last;

    /// @param first the content when the settings were read
    /// @param changed receives every new list
    TokenFileWatcher(Path path, String first, Consumer<TokenStore> changed) {
        this.path = path;
        this.last = first;
        this.changed = changed;
    }

    void start() {
        task = Optional.of(PeriodicTask.every(INTERVAL, "token-file", this::reloadIfChanged));
    }

    private void reloadIfChanged() {
        var text = read();
        if (text.equals(last)) {
            return;
        }
        last = text;
        switch (TokenList.read(text)) {
            case TokenList.ParsedTokens.Tokens(var tokens) -> {
                changed.accept(new TokenStore(tokens));
                LOG.atInfo()
                        .addKeyValue("code", "TOKENS_CHANGED")
                        .addKeyValue("tokens", tokens.size())
                        .log("Token file reloaded");
            }
            case TokenList.ParsedTokens.Broken(var rule) ->
                LOG.atWarn()
                        .addKeyValue("code", "TOKENS_REJECTED")
                        .addKeyValue("rule", rule)
                        .log("Token file rejected: AUTH_TOKENS_FILE is invalid; the previous tokens stay valid");
        }
    }

    /// Reads the file as the settings do; empty, which is no valid list, if it is unreadable or too long.
    private String read() {
        try (var in = Files.newInputStream(path)) {
            var bytes = in.readNBytes(MAX_BYTES + 1);
            return bytes.length > MAX_BYTES ? "" : new String(bytes, StandardCharsets.UTF_8).replaceFirst("\\R\\z", "");
        } catch (IOException _) {
            return "";
        }
    }

    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }
}
