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

/// Reads a file of tokens again when its content changes. Looks at the content itself, since a file
/// that is mounted is replaced in ways that no watcher sees. A file that is bad or gone changes
/// nothing.
final class TokenFileWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFileWatcher.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int MAX_BYTES = 65_536;

    private final Path path;
    private final Consumer<TokenStore> changed;
    private volatile Optional<PeriodicTask> task = Optional.empty();
    private String last;

    /// @param first what the file held when the settings were read
    /// @param changed told of every new list
    TokenFileWatcher(Path path, String first, Consumer<TokenStore> changed) {
        this.path = path;
        this.last = first;
        this.changed = changed;
    }

    void start() {
        task = Optional.of(PeriodicTask.every(PERIOD, "token-file", this::look));
    }

    private void look() {
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
                        .log("The file of tokens has changed; the new list counts from now on");
            }
            case TokenList.ParsedTokens.Broken(var rule) ->
                LOG.atWarn()
                        .addKeyValue("code", "TOKENS_REJECTED")
                        .addKeyValue("rule", rule)
                        .log("AUTH_TOKENS_FILE has changed and cannot be used; the tokens from before still count");
        }
    }

    /// Like the settings do; empty for a file that cannot be read or is too long, which is no list.
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
