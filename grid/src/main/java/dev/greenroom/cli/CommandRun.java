package dev.greenroom.cli;

import dev.greenroom.cli.CommandEnvironment.LogStarter;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.SettingDescription;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.SettingsResult;
import dev.greenroom.config.SettingsResult.EffectiveSetting;
import dev.greenroom.config.SettingsResult.EffectiveSetting.SettingSource;
import dev.greenroom.config.settings.CommandSettings;
import dev.greenroom.config.settings.LogSettings;
import dev.greenroom.config.settings.LogSettings.LogFormat;
import dev.greenroom.config.settings.LogSettings.LogLevel;
import dev.greenroom.config.settings.ServiceSettings;
import dev.greenroom.config.settings.ToolSettings;
import dev.greenroom.config.settings.UpSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.ParseResult;

/// One command from its flags to its exit code: read the settings, open the log, start.
public final class CommandRun<S extends CommandSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(CommandRun.class);

    private static final String LOG_FORMAT = "LOG_FORMAT";

    private final SettingsCatalog<S> catalog;
    private final CommandStart<S> start;
    private final LogStarter logStarter;
    private final CommandEnvironment environment;

    CommandRun(Class<S> root, CommandStart<S> start, LogStarter logStarter, CommandEnvironment environment) {
        this.catalog = SettingsCatalog.of(root);
        this.start = start;
        this.logStarter = logStarter;
        this.environment = environment;
    }

    SettingsCatalog<S> catalog() {
        return catalog;
    }

    /// @param name for messages
    /// @param flags by the names of settings
    int run(String name, Map<String, String> flags) {
        var reader = CommandSettings.reader(environment.home());
        return switch (reader.read(catalog.root(), environment.environment(), flags)) {
            case SettingsResult.Valid<S> valid -> start(name, valid);
            case SettingsResult.Invalid<S>(List<String> problems, List<String> warnings) ->
                refuse(name, flags, problems, warnings);
        };
    }

    private int start(String name, SettingsResult.Valid<S> valid) {
        return switch (valid.settings()) {
            case ServiceSettings service -> serve(name, service.log(), valid);
            case ToolSettings _ -> outcome(name, valid.settings());
        };
    }

    private int serve(String name, LogSettings log, SettingsResult.Valid<S> valid) {
        try (var _ = logStarter.open(log)) {
            say(valid);
            valid.warnings()
                    .forEach(
                            advice -> LOG.atWarn().addKeyValue("advice", advice).log("setting is doubtful"));
            return outcome(name, valid.settings());
        }
    }

    /// Where the log is for machines, so is the news that the start failed.
    private static boolean logsJson(CommandSettings settings) {
        return settings instanceof ServiceSettings service && service.log().format() == LogFormat.JSON;
    }

    private int outcome(String name, S settings) {
        try {
            return start.run(settings);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return failed(name, stopped, logsJson(settings));
        } catch (Exception failure) {
            return failed(name, failure, logsJson(settings));
        }
    }

    private int failed(String name, Exception failure, boolean json) {
        LOG.atDebug().setCause(failure).log("command failed");
        var message = failure.getMessage();
        var sentence = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        var line = sentence.lines().findFirst().orElse("");
        if (json) {
            LOG.atError()
                    .addKeyValue("code", "COMMAND_FAILED")
                    .addKeyValue("cause", line)
                    .log(name + " failed");
        } else {
            environment.err().println(name + ": " + line);
            environment.err().flush();
        }
        return ExitCodes.FAILED;
    }

    private int refuse(String name, Map<String, String> flags, List<String> problems, List<String> warnings) {
        var count = problems.size() == 1 ? "a setting is wrong" : problems.size() + " settings are wrong";
        if (wouldLogJson(flags) && (isGiven(flags, LOG_FORMAT) || !Terminal.isInteractive())) {
            try (var _ = logStarter.open(new LogSettings(LogLevel.INFO, LogFormat.JSON))) {
                LOG.atError()
                        .addKeyValue("code", "SETTINGS_WRONG")
                        .addKeyValue("problems", String.join(" | ", problems))
                        .addKeyValue("warnings", String.join(" | ", warnings))
                        .log(name + ": " + count + ", nothing was started");
            }
            return ExitCodes.USAGE;
        }
        environment.err().println(name + ": " + count + ", nothing was started");
        problems.forEach(problem -> environment.err().println("  " + problem));
        warnings.forEach(warning -> environment.err().println("  (" + warning + ")"));
        environment.err().flush();
        return ExitCodes.USAGE;
    }

    private boolean isGiven(Map<String, String> flags, String name) {
        return flags.containsKey(name)
                || !environment.environment().getOrDefault(name, "").isBlank();
    }

    /// Whether the log would be JSON, had the settings been right.
    private boolean wouldLogJson(Map<String, String> flags) {
        return catalog.settings()
                .filter(entry -> entry.name().equals(LOG_FORMAT))
                .map(entry -> flags.getOrDefault(
                        LOG_FORMAT, environment.environment().getOrDefault(LOG_FORMAT, entry.fallback())))
                .anyMatch(format -> format.equalsIgnoreCase(LogFormat.JSON.name()));
    }

    /// A person in front of `greenroom up` has a banner to read; everywhere else the log is all that is
    /// left.
    private void say(SettingsResult.Valid<S> valid) {
        var line = LOG.atLevel(valid.settings() instanceof UpSettings ? Level.DEBUG : Level.INFO)
                .addKeyValue("code", "SETTINGS");
        for (var setting : valid.effective()) {
            line = setting.value().isEmpty() ? line : line.addKeyValue(setting.name(), shown(setting));
        }
        line.log("effective settings");
    }

    private static String shown(EffectiveSetting setting) {
        return setting.source() == SettingSource.DEFAULT
                ? setting.value()
                : setting.value() + " (" + setting.source().name().toLowerCase(Locale.ROOT) + ")";
    }

    /// The flags that were given, by the names of settings.
    Map<String, String> flags(ParseResult parsed) {
        var flags = new HashMap<String, String>();
        catalog.settings().forEach(entry -> take(flags, parsed, entry));
        return flags;
    }

    private static void take(Map<String, String> flags, ParseResult parsed, SettingDescription entry) {
        if (entry.isArgument()) {
            flags.put(entry.name(), parsed.matchedPositionalValue(0, ""));
            return;
        }
        if (entry.isSwitch()) {
            if (parsed.hasMatchedOption(entry.flag())) {
                flags.put(entry.name(), "true");
            }
            return;
        }
        if (parsed.matchedOption(entry.flag()) != null) {
            flags.put(entry.name(), parsed.<String>matchedOptionValue(entry.flag(), ""));
        }
        entry.fileFlag().filter(flag -> parsed.matchedOption(flag) != null).ifPresent(flag -> {
            flags.put(entry.fileName().orElseThrow(), parsed.<String>matchedOptionValue(flag, ""));
        });
    }

    /// What a command does once its settings are known to be right.
    @FunctionalInterface
    public interface CommandStart<S extends CommandSettings> {

        /// Runs until the command is done. Called on the main thread, with the log open.
        ///
        /// @return the exit code, [ExitCodes#OK] or [ExitCodes#FAILED]
        /// @throws Exception when it cannot start or go on; the message is the one sentence that the user
        ///     reads
        int run(S settings) throws Exception;
    }
}
