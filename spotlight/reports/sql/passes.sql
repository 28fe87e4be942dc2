-- Macro: whether a judgement is a yes: a number over `above`, else what its label says.  NULL for neither.  One row.
-- params: none
create or replace macro passes(number, word, above) as coalesce(
  number > above,
  case
    when lower(trim(word)) in ('yes', 'y', 'true', 'pass', 'passed', 'success', 'successful', 'succeeded', 'correct', 'c',
      'resolved', 'solved', 'completed', 'complete', 'achieved', 'accepted', 'accept', 'approved', 'good', 'positive',
      'thumbs_up', 'thumbs up', 'thumbsup', 'up', 'like', 'liked', 'helpful', 'detected', 'found', 'flagged', 'violation',
      'corrected', 'escalated', 'stale', '👍') then true
    when lower(trim(word)) in ('no', 'n', 'false', 'fail', 'failed', 'failure', 'unsuccessful', 'incorrect', 'wrong', 'i',
      'unresolved', 'unsolved', 'incomplete', 'not_achieved', 'rejected', 'reject', 'declined', 'denied', 'bad', 'negative',
      'thumbs_down', 'thumbs down', 'thumbsdown', 'down', 'dislike', 'disliked', 'not_helpful', 'unhelpful',
      'not_detected', 'none', '👎') then false
  end
)
