package dev.greenroom.cli;

import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.config.Catalog;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.EffectiveSetting;
import dev.greenroom.config.EffectiveSetting.Source;
import dev.greenroom.config.LogFormat;
import dev.greenroom.config.LogLevel;
import dev.greenroom.config.LogSettings;
import dev.greenroom.config.Reading;
import dev.greenroom.config.ServiceSettings;
import dev.greenroom.config.SettingEntry;
import dev.greenroom.config.ToolSettings;
import dev.greenroom.config.UpSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.ParseResult;

/// One command from its flags to its exit code: read the settings, open the log, start.
final class SettingsRun<S extends CommandSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsRun.class);

    private static final String LOG_FORMAT = "LOG_FORMAT";

    private final Catalog<S> catalog;
    private final Start<S> start;
    private final Logging logging;
    private final Surroundings surroundings;

    SettingsRun(Class<S> root, Start<S> start, Logging logging, Surroundings surroundings) {
        this.catalog = Catalog.of(root);
        this.start = start;
        this.logging = logging;
        this.surroundings = surroundings;
    }

    Catalog<S> catalog() {
        return catalog;
    }

    /// @param name for messages
    /// @param flags by the names of settings
    int run(String name, Map<String, String> flags) {
        var reader = CommandSettings.reader(surroundings.home());
        return switch (reader.read(catalog.root(), surroundings.environment(), flags)) {
            case Reading.Valid<S> valid -> start(name, valid);
            case Reading.Invalid<S>(List<String> problems, List<String> warnings) ->
                refuse(name, flags, problems, warnings);
        };
    }

    private int start(String name, Reading.Valid<S> valid) {
        return switch (valid.settings()) {
            case ServiceSettings service -> serve(name, service.log(), valid);
            case ToolSettings _ -> outcome(name, valid.settings());
        };
    }

    private int serve(String name, LogSettings log, Reading.Valid<S> valid) {
        try (var _ = logging.open(log)) {
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
            surroundings.err().println(name + ": " + line);
            surroundings.err().flush();
        }
        return ExitCodes.FAILED;
    }

    private int refuse(String name, Map<String, String> flags, List<String> problems, List<String> warnings) {
        var count = problems.size() == 1 ? "a setting is wrong" : problems.size() + " settings are wrong";
        if (wouldLogJson(flags) && (isGiven(flags, LOG_FORMAT) || !Terminal.isInteractive())) {
            try (var _ = logging.open(new LogSettings(LogLevel.INFO, LogFormat.JSON))) {
                LOG.atError()
                        .addKeyValue("code", "SETTINGS_WRONG")
                        .addKeyValue("problems", String.join(" | ", problems))
                        .addKeyValue("warnings", String.join(" | ", warnings))
                        .log(name + ": " + count + ", nothing was started");
            }
            return ExitCodes.USAGE;
        }
        surroundings.err().println(name + ": " + count + ", nothing was started");
        problems.forEach(problem -> surroundings.err().println("  " + problem));
        warnings.forEach(warning -> surroundings.err().println("  (" + warning + ")"));
        surroundings.err().flush();
        return ExitCodes.USAGE;
    }

    private boolean isGiven(Map<String, String> flags, String name) {
        return flags.containsKey(name)
                || !surroundings.environment().getOrDefault(name, "").isBlank();
    }

    /// Whether the log would be JSON, had the settings been right.
    private boolean wouldLogJson(Map<String, String> flags) {
        return catalog.settings()
                .filter(entry -> entry.name().equals(LOG_FORMAT))
                .map(entry -> flags.getOrDefault(
                        LOG_FORMAT, surroundings.environment().getOrDefault(LOG_FORMAT, entry.fallback())))
                .anyMatch(format -> format.equalsIgnoreCase(LogFormat.JSON.name()));
    }

    /// A person in front of `greenroom up` has a banner to read; everywhere else the log is all that is left.
    private void say(Reading.Valid<S> valid) {
        var line = LOG.atLevel(valid.settings() instanceof UpSettings ? Level.DEBUG : Level.INFO)
                .addKeyValue("code", "SETTINGS");
        for (var setting : valid.effective()) {
            line = setting.value().isEmpty() ? line : line.addKeyValue(setting.name(), shown(setting));
        }
        line.log("effective settings");
    }

    private static String shown(EffectiveSetting setting) {
        return setting.source() == Source.DEFAULT
                ? setting.value()
                : setting.value() + " (" + setting.source().name().toLowerCase(Locale.ROOT) + ")";
    }

    /// The flags that were given, by the names of settings.
    Map<String, String> flags(ParseResult parsed) {
        var flags = new HashMap<String, String>();
        catalog.settings().forEach(entry -> take(flags, parsed, entry));
        return flags;
    }

    private static void take(Map<String, String> flags, ParseResult parsed, SettingEntry entry) {
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
}
