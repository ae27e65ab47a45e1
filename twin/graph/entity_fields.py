"""Which properties callers may write into the simple kinds: those not marked read-only on each resource's page."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVENT_FIELDS = _names(
    "allowNewTimeProposals attendees body categories end hideAttendees importance isAllDay isOnlineMeeting "
    "isReminderOn location locations onlineMeetingProvider recurrence reminderMinutesBeforeStart responseRequested "
    "sensitivity showAs start subject transactionId"
)
CONTACT_FIELDS = _names(
    "assistantName birthday businessAddress businessHomePage businessPhones categories children companyName "
    "department displayName emailAddresses fileAs generation givenName homeAddress homePhones imAddresses initials "
    "jobTitle manager middleName mobilePhone nickName officeLocation otherAddress personalNotes profession "
    "spouseName surname title yomiCompanyName yomiGivenName yomiSurname"
)
TODO_FIELDS = _names(
    "body categories completedDateTime dueDateTime importance isReminderOn recurrence reminderDateTime startDateTime "
    "status title"
)
CHAT_MESSAGE_FIELDS = _names("attachments body importance mentions subject")
GROUP_FIELDS = _names(
    "classification description displayName groupTypes isAssignableToRole mailEnabled mailNickname membershipRule "
    "membershipRuleProcessingState preferredLanguage securityEnabled theme visibility"
)
