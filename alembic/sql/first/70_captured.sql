-- What is captured from the start.

SELECT hub.capture_table('public.client', 'id');
SELECT hub.capture_table('public.contact', 'client_id');
SELECT hub.capture_table('public.goal', 'client_id');
SELECT hub.capture_table('public.campaign', 'client_id');
SELECT hub.capture_table('public.deal', 'client_id');
SELECT hub.capture_table('public.sending_domain', 'client_id');
SELECT hub.capture_table('public.mailbox', 'client_id');
SELECT hub.capture_table('public.excluded_day', 'client_id');
SELECT hub.capture_fact('public.delivery_metric_daily');
SELECT hub.capture_fact('public.warmup_daily');
SELECT hub.current_era();
