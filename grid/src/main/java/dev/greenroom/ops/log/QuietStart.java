package dev.greenroom.ops.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.greenroom.config.settings.LogSettings;
import dev.greenroom.config.settings.LogSettings.LogFormat;
import dev.greenroom.config.settings.LogSettings.LogLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;

/// The log before its settings are known: warnings as text. Logback finds it as a service, and then
/// searches for no XML file.
public final class QuietStart extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ProcessLog.configure(
                context,
                new LogSettings(LogLevel.WARN, LogFormat.TEXT),
                ProcessLog.stream(context, LogFormat.TEXT, new FileOutputStream(FileDescriptor.out)));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
