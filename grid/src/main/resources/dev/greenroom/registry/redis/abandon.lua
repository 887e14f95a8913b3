-- Removes sessions from the queue. Arguments: 5.. sessions.
allow_when_out_of_memory()
load_rules()
for n = 5, #ARGV do
  for _, b in ipairs(BROWSERS) do
    if leave_queue(b, ARGV[n]) then freed[b] = true end
  end
end
notify_freed()
return { 1 }
